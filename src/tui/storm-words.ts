import { grouped } from '../grouped.js';
import type { Incident } from './shown.js';

export interface Storm {
  incident: Incident;
  words: string;
  peak: number;
  usual: number;
  /** Seconds for which it has been quiet. */
  calm: number;
  /** When it was last heard, in seconds. */
  end: number;
}

/** `drop storm: 5,000/s at its peak, 3/s before, most of them NO_SOCKET; over after 4 s` */
export function stormWords({ incident, words, peak, usual, end }: Storm, over: boolean): string {
  const ending = over ? `; over after ${Math.max(1, Math.round(end - (incident.time ?? end)))} s` : '';
  const place = words === '' ? '' : `, most of them ${words}`;
  return `drop storm: ${perSecond(peak)} at its peak, ${perSecond(usual)} before${place}${ending}`;
}

function perSecond(rate: number): string {
  return `${grouped(Math.round(rate))}/s`;
}
