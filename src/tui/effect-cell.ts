import { effectWord } from '../output/log-words.js';
import { type AccessKind, accessKind } from './access-kind.js';
import type { LogRow } from './shown.js';
import type { Style } from './styled-line.js';

/** What an access did to the log, in a word; capitals are what one looks for. */
export function effectCell({ event, loud }: LogRow): { text: string; style: Style } {
  const kind = accessKind(event);
  const word = effectWord(event);
  return loud && SHOUTED.has(kind)
    ? { text: word.toUpperCase(), style: STYLES[kind] }
    : { text: word, style: kind === 'steal' ? 'plain' : STYLES[kind] };
}

const SHOUTED: ReadonlySet<AccessKind> = new Set(['clear', 'steal', 'refused']);

const STYLES: Record<AccessKind, Style> = {
  clear: 'loud',
  steal: 'loud',
  refused: 'warn',
  setting: 'warn',
  failed: 'plain',
  quiet: 'plain',
};
