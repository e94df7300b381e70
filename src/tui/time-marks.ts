import type { Series } from './shown.js';
import { type Line, span } from './styled-line.js';

/** Something with a moment, as one letter on a time axis. */
export interface Marked {
  /** Kernel time in seconds. */
  time: number;
  letter: 'C' | 'S' | 'K';
}

/**
 * What else happened, on the time axis of the drops: the log's clears and steals, and what the kernel said.
 * @param first column of the oldest step @param last of the newest
 */
export function eventMarks(
  marks: readonly Marked[],
  { drops, step, end }: Series,
  first: number,
  last: number,
): Line {
  const steps = drops.suspect.length;
  const begin = end - steps * step;
  const columns = Array.from({ length: Math.max(0, last + 1) }, () => ' ');
  let any = false;
  for (const { time, letter } of marks) {
    if (time < begin || time > end || steps === 0) continue;
    const column = first + Math.floor(((time - begin) / (end - begin)) * (last - first));
    // A clear is worth more than what the kernel says all day.
    if (columns[column] === ' ' || letter !== 'K') columns[column] = letter;
    any = true;
  }
  if (!any) return [span('no clear, steal or kernel message in this time', 'faint')];
  return [span(columns.join(''), 'warn')];
}
