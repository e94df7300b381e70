import type { KwhoEvent } from '../model/events.js';

/**
 * An event whose numbers can be calculated with: what a damaged recording has made of a time or a count is not known.
 * @param now kernel time in seconds, in the place of a time that is none
 */
export function soundEvent<Event extends KwhoEvent>(event: Event, now: number): Event {
  const time = event.time === null || Number.isFinite(event.time) ? event.time : null;
  if (event.type === 'drop-count') {
    const { from, to, count } = event;
    if (time === event.time && Number.isFinite(from) && to >= from && to < Infinity && isCount(count))
      return event;
    const end = Number.isFinite(to) ? to : now;
    const begin = Number.isFinite(from) ? Math.min(from, end) : end;
    return { ...event, time, from: begin, to: end, count: isCount(count) ? count : 0 };
  }
  return time === event.time ? event : { ...event, time };
}

function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0;
}
