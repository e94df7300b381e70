import type { FilterEditor } from './filter-editor.js';
import type { Key } from './keys.js';
import type { Look } from './look.js';
import { cutLine, type Line, lineWidth, type Span, span } from './styled-line.js';

/** The keys that work now, as many as there is room for. */
export function footerLine(keys: readonly Key[], width: number, look: Look): Line {
  const line: Span[] = [];
  for (const { label, short } of keys) {
    if (short === null) continue;
    const more = [span(` ${label}`, 'strong'), span(` ${short} `, 'faint')];
    if (lineWidth([...line, ...more]) > width) break;
    line.push(...more);
  }
  return cutLine(line, width, look.cut);
}

/** Something that was done or could not be, until the next key. */
export function flashLine(text: string, width: number, look: Look): Line {
  return cutLine([span(' '), span(look.show(text), 'warn')], width, look.cut);
}

/** The line of a filter that is being typed: a word and a colour say whether it can be used. */
export function editorLine({ text, problem }: FilterEditor, width: number, look: Look): Line {
  const state =
    text === ''
      ? span('everything is shown', 'faint')
      : problem === null
        ? span('OK', 'good')
        : span(`WRONG: ${look.show(problem)}`, 'loud');
  const keys = span('  Enter keeps, Esc clears, ! inverts', 'faint');
  return cutLine(
    [span(' filter: ', 'title'), span(look.show(text)), span('_ '), state, keys],
    width,
    look.cut,
  );
}
