import type { LogMessage } from '../decode/log-message.js';
import type { ByteString } from '../decode/trace-record.js';

export const TIME_COLOR = '\x1b[32m';
export const TIME_BREAK_COLOR = '\x1b[32m\x1b[1m';

/** A message's text with dmesg(1)'s colours: the subsystem before the first colon, the rest by level. */
export function colorMessage(
  { level, text }: Pick<LogMessage, 'level' | 'text'>,
  show: (text: ByteString) => string,
): string {
  const at = subsystemLength(text);
  const subsystem = at === 0 ? '' : `${SUBSYSTEM}${show(text.slice(0, at))}${RESET}`;
  const rest = text.slice(at);
  const color = LEVELS.get(level ?? -1) ?? (rest.includes('segfault at') ? SEGFAULT : null);
  return color === null ? `${subsystem}${show(rest)}` : `${subsystem}${color}${show(rest)}${RESET}`;
}

const SUBSYSTEM = '\x1b[33m';
const SEGFAULT = '\x1b[2m\x1b[31m';
const RESET = '\x1b[0m';
const LEVELS = new Map([
  [1, '\x1b[7m\x1b[31m'],
  [2, '\x1b[1m\x1b[31m'],
  [3, '\x1b[31m'],
  [4, '\x1b[1m'],
]);

/** Up to the first colon and blank that something follows. */
function subsystemLength(text: ByteString): number {
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const next = text[at + 1];
    if ((next === ' ' || next === '\t') && at + 2 < text.length) return at + 2;
  }
  return 0;
}
