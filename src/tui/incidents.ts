import type { Incident } from './shown.js';

/**
 * What must not scroll away unseen: kept until it is acknowledged. Equal ones are one with a count; one that comes
 * after its like was acknowledged is told again.
 */
export class Incidents {
  readonly #list: Incident[] = [];
  /** The one that may still grow, by kind and what makes it equal. */
  readonly #open = new Map<string, Incident>();
  readonly #keys = new WeakMap<Incident, string>();
  #lastId = 0;

  /** @param list others, of which no one grows */
  constructor(list: readonly Incident[] = []) {
    this.#list.push(...list);
  }

  /** @param fold what makes incidents of one kind equal @returns the one that now stands for it */
  note(
    kind: Incident['kind'],
    fold: string,
    { time, text, hint }: Pick<Incident, 'time' | 'text' | 'hint'>,
    count = 1,
  ): Incident {
    const key = `${kind} ${fold}`;
    const known = this.#open.get(key);
    if (known !== undefined && !known.acknowledged) {
      known.count += count;
      known.last = time ?? known.last;
      return known;
    }
    const incident = {
      id: ++this.#lastId,
      kind,
      time,
      last: time,
      count,
      text,
      hint,
      acknowledged: false,
    };
    this.#list.push(incident);
    this.#open.set(key, incident);
    this.#keys.set(incident, key);
    if (this.#list.length > MOST) this.#drop();
    return incident;
  }

  /** Copies, oldest first. */
  list(): Incident[] {
    return this.#list.map((incident) => ({ ...incident }));
  }

  acknowledge(id: number): void {
    for (const incident of this.#list) if (incident.id === id) incident.acknowledged = true;
  }

  /** What has been acknowledged goes first, then the oldest of the most frequent kind: a flood hides nothing else. */
  #drop(): void {
    const acknowledged = this.#list.findIndex((incident) => incident.acknowledged);
    const most = this.#mostFrequent();
    const at = acknowledged === -1 ? this.#list.findIndex(({ kind }) => kind === most) : acknowledged;
    const [gone] = this.#list.splice(at, 1);
    if (gone === undefined) return;
    const key = this.#keys.get(gone) ?? '';
    if (this.#open.get(key) === gone) this.#open.delete(key);
  }

  #mostFrequent(): Incident['kind'] | null {
    const counts: Partial<Record<Incident['kind'], number>> = {};
    let most: Incident['kind'] | null = null;
    for (const { kind } of this.#list) {
      const count = (counts[kind] ?? 0) + 1;
      counts[kind] = count;
      if (most === null || count > (counts[most] ?? 0)) most = kind;
    }
    return most;
  }
}

const MOST = 200;
