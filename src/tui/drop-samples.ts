import { placeOf, rowId } from '../model/drop-table.js';
import type { DropEvent } from '../model/events.js';
import { groupingOfId, idOfDrop } from './drop-groups.js';
import { isExact } from './view.js';

/** The last drops of each place that were seen one by one. */
export class DropSamples {
  /** Each a ring of which the oldest is at `next`. */
  readonly #places: Map<string, { drops: DropEvent[]; next: number }>;

  /** @param others of which it is a copy */
  constructor(others: DropSamples | null = null) {
    const places = others === null ? [] : [...others.#places];
    this.#places = new Map(places.map(([id, { drops, next }]) => [id, { drops: [...drops], next }]));
  }

  add(drop: DropEvent): void {
    const id = rowId(placeOf(drop));
    const place = this.#places.get(id);
    if (place === undefined) this.#open(id, drop);
    else {
      place.drops[place.next] = drop;
      place.next = (place.next + 1) % MOST;
    }
  }

  /** Those of a row, newest first, at most 16. @param id of the row, whatever it is grouped by */
  ofRow(id: string): DropEvent[] {
    const by = groupingOfId(id);
    const found: DropEvent[] = [];
    for (const { drops } of this.#places.values()) {
      // Drops of one place differ in nothing that counts are exact by.
      if (isExact(by)) {
        if (idOfDrop(drops[0]!, by) === id) found.push(...drops);
      } else found.push(...drops.filter((drop) => idOfDrop(drop, by) === id));
    }
    return found.sort((a, b) => (b.time ?? 0) - (a.time ?? 0)).slice(0, MOST);
  }

  #open(id: string, drop: DropEvent): void {
    if (this.#places.size >= MOST_PLACES) {
      for (const oldest of this.#places.keys()) {
        this.#places.delete(oldest);
        break;
      }
    }
    this.#places.set(id, { drops: [drop], next: 1 });
  }
}

const MOST_PLACES = 1024;
const MOST = 16;
