import { printable } from '../output/escape.js';
import type { Look } from './look.js';
import { shortNumber } from './short-number.js';
import type { Series } from './shown.js';
import { type Line, span } from './styled-line.js';
import { fitText } from './text-cells.js';

/** The commonest reasons, a bar each. */
export function reasonBars(reasons: Series['reasons'], width: number, height: number, look: Look): Line[] {
  const shown = reasons.slice(0, Math.max(0, height - 1));
  const head: Line = [span('why packets were dropped, most first', 'faint')];
  if (shown.length === 0) return [head, [span('nothing but noise so far', 'faint')]];
  const name = Math.min(24, Math.floor(width / 2));
  const longest = Math.max(1, width - name - NUMBER - 2);
  const most = shown[0]!.count;
  return [
    head,
    ...shown.map((reason): Line => {
      const length = most > 0 ? Math.max(1, Math.round((reason.count / most) * longest)) : 0;
      return [
        span(fitText(look.show(printable(reason.name)), name, look.cut)),
        span(` ${shortNumber(reason.count).padStart(NUMBER)} `),
        span(look.bar.repeat(length), 'policy'),
      ];
    }),
  ];
}

const NUMBER = 5;
