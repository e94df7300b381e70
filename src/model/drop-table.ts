import type { DropCatalogue } from '../explain/drop-catalogue.js';
import type { Verdict } from '../explain/drop-verdict.js';
import type { SeenDrop } from './drop-record.js';
import type { DropFacts, DropKey } from './events.js';

/** Drops of one kind since counting began. */
export interface CountedDrops {
  key: DropKey;
  count: number;
}

/** The drops of a row within an interval. */
export interface DropRow {
  key: DropKey;
  count: number;
  verdict: Verdict;
}

/**
 * What has been counted, row by row, with a verdict for each. Counts come as running totals, so that nothing is lost
 * between two looks; the drops seen one by one lend their rows what a count cannot know: flows, and whether the
 * packets were meant for this host at all.
 */
export class DropTable {
  readonly #verdict: DropCatalogue['verdict'];
  readonly #rows = new Map<string, DropRow>();
  readonly #seen = new Map<string, RowDetail>();

  constructor(catalogue: Pick<DropCatalogue, 'verdict'>) {
    this.#verdict = (drop) => catalogue.verdict(drop);
  }

  /** A drop seen by itself. */
  see(drop: SeenDrop): Verdict {
    const verdict = this.#verdict({ ...drop, symbol: drop.location.symbol });
    const detail = this.judge(placeOf(drop), verdict);
    detail.ifindex ??= drop.ifindex;
    countFlow(detail.flows, drop);
    return verdict;
  }

  /** A drop of this row has been seen and judged. */
  judge(key: DropKey, verdict: Verdict): RowDetail {
    const id = rowId(key);
    let detail = this.#seen.get(id);
    if (detail === undefined) {
      detail = { noise: 0, policy: 0, suspect: 0, ifindex: null, flows: new Map() };
      if (this.#seen.size < MOST_ROWS) this.#seen.set(id, detail);
    }
    detail[verdict]++;
    return detail;
  }

  /** A table of other rows, judged by the same catalogue. */
  another(): DropTable {
    return new DropTable({ verdict: this.#verdict });
  }

  /** The rows that have grown since the last call, largest first. @param totals everything counted so far */
  since(totals: readonly CountedDrops[]): DropRow[] {
    const rows: DropRow[] = [];
    for (const { key, count } of totals) {
      const id = rowId(key);
      const grown = count - (this.#rows.get(id)?.count ?? 0);
      if (grown <= 0) continue;
      const row = { key: this.#withInterface(id, key), count, verdict: this.#judge(id, key) };
      this.#rows.set(id, row);
      rows.push({ ...row, count: grown });
    }
    return rows.sort(byCount);
  }

  /** Every row of the run so far, largest first. */
  totals(): DropRow[] {
    return [...this.#rows.values()].sort(byCount);
  }

  /** The flows seen most often among the drops of a row, most frequent first. */
  flowsOf(key: DropKey): SeenDrop[] {
    const flows = [...(this.#seen.get(rowId(key))?.flows.values() ?? [])];
    return flows.sort((a, b) => b.count - a.count).map(({ example }) => example);
  }

  #judge(id: string, key: DropKey): Verdict {
    const detail = this.#seen.get(id);
    if (detail !== undefined) {
      if (detail.suspect > 0) return 'suspect';
      return detail.policy > 0 ? 'policy' : 'noise';
    }
    const symbol = key.location?.symbol ?? key.stack?.[0]?.split('+')[0] ?? null;
    if (symbol === null && key.reason == null) return 'suspect';
    return this.#verdict({ reason: key.reason ?? null, symbol });
  }

  #withInterface(id: string, key: DropKey): DropKey {
    const ifindex = this.#seen.get(id)?.ifindex ?? null;
    return ifindex === null || key.ifindex === undefined ? key : { ...key, ifindex: key.ifindex ?? ifindex };
  }
}

function byCount(a: DropRow, b: DropRow): number {
  return b.count - a.count;
}

/** What the drops seen one by one tell of a row. */
export interface RowDetail extends Record<Verdict, number> {
  ifindex: number | null;
  flows: Map<string, { count: number; example: SeenDrop }>;
}

/** Attackers choose addresses and ports: what is remembered is bounded. */
const MOST_ROWS = 4096;
const MOST_FLOWS = 16;

function countFlow(flows: RowDetail['flows'], drop: SeenDrop): void {
  if (drop.flow === null) return;
  const { family, proto, src, dst, sport, dport } = drop.flow;
  const id = `${family} ${proto} ${src} ${sport} ${dst} ${dport}`;
  const known = flows.get(id);
  if (known !== undefined) known.count++;
  else if (flows.size < MOST_FLOWS) flows.set(id, { count: 1, example: drop });
}

/** The fields that a row is known by. */
export function placeOf({ location, reason, dev, netns }: DropFacts): DropKey {
  return { location, reason, dev, netns };
}

/** Rows with the same fields are one, however they were come by. */
export function rowId({ location, reason, protocol, dev, netns, flow, comm, stack }: DropKey): string {
  const place =
    location === undefined
      ? ''
      : `${location.symbol ?? location.address}+${location.offset}[${location.module}]`;
  const packet = flow == null ? '' : Object.values(flow).join(' ');
  // No field but the last three can hold a NUL.
  return [place, reason, protocol, dev, netns, packet, stack?.join('<'), comm].join('\0');
}
