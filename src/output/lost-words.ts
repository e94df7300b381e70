import { grouped } from '../grouped.js';
import type { LostEvent } from '../model/events.js';
import { printable } from './escape.js';

/** `an unknown number of events`; of a recording it is said what is the matter with it. */
export function lostWords({ count, where, what }: LostEvent): string {
  const words = printable(what);
  if (where === 'recording' && count === null) return words;
  return `${count === null ? 'an unknown number of' : grouped(count)} ${words}`;
}
