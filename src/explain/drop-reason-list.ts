import { type DropView, readObject, readText, readView, unexpected } from './drop-view.js';

/** One drop reason of the kernel (include/net/dropreason-core.h and the lists of subsystems). */
export interface ReasonEntry extends DropView {
  /** Without `SKB_DROP_REASON_`; reasons of subsystems as the kernel names them. */
  readonly name: string;
  /** null for a reason of the core. */
  readonly subsystem: string | null;
  /** First and last release of Linux that has it; stable series may have got it early. */
  readonly since: string;
  readonly until: string | null;
  /** Of a subsystem's reason: values it has had, high half the subsystem. Those of core reasons are in the event's format. */
  readonly numbers: readonly number[];
}

/** The drop reasons, by name and by number. */
export class ReasonList {
  readonly #byName = new Map<string, ReasonEntry>();
  readonly #byNumber = new Map<number, ReasonEntry[]>();

  /** @param entries probes/drop-reasons.json, parsed @throws {Error} naming the entry that is not as it should be */
  constructor(entries: unknown) {
    if (!Array.isArray(entries)) throw unexpected('drop-reasons.json', 'a list', entries);
    for (const [i, value] of entries.entries()) this.#add(readReason(value, `drop-reasons.json, entry ${i}`));
  }

  find(name: string): ReasonEntry | null {
    return this.#byName.get(name) ?? null;
  }

  /** Every reason that had this number on some kernel. */
  numbered(number: number): readonly ReasonEntry[] {
    return this.#byNumber.get(number) ?? [];
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  #add(reason: ReasonEntry): void {
    if (this.#byName.has(reason.name)) throw new Error(`drop-reasons.json: ${reason.name} is there twice`);
    this.#byName.set(reason.name, reason);
    for (const number of reason.numbers) {
      this.#byNumber.set(number, [...this.numbered(number), reason]);
    }
  }
}

/** In words. */
export function kernelsOf({ since, until }: ReasonEntry): string {
  if (until === null) return `Linux ${since} and later`;
  return until === since ? `Linux ${since} only` : `Linux ${since} to ${until}`;
}

function readReason(value: unknown, where: string): ReasonEntry {
  const entry = readObject(value, where);
  const name = readText(entry.name, 'name', where);
  const place = `${where} (${name})`;
  const { subsystem = null, until, numbers = [] } = entry;
  return {
    ...readView(entry, place, null),
    name,
    subsystem: subsystem === null ? null : readText(subsystem, 'subsystem', place),
    since: readText(entry.since, 'since', place),
    until: until === null ? null : readText(until, 'until', place),
    numbers: readNumbers(numbers, place),
  };
}

function readNumbers(value: unknown, place: string): number[] {
  if (!Array.isArray(value)) throw unexpected(place, 'numbers to be a list', value);
  return value.map((item) => {
    const number = Number(item);
    if (Number.isInteger(number) && number > 0) return number;
    throw unexpected(place, 'numbers to be integers', item);
  });
}
