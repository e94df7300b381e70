import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { DropCounter } from '../../src/commands/drops-counter.js';
import { DropIntervals } from '../../src/commands/drops-intervals.js';
import { type CountSnapshot, DropInvestigation } from '../../src/commands/drops-investigation.js';
import { placeKey } from '../../src/commands/drops-keys.js';
import type { EventRecord } from '../../src/decode/trace-record.js';
import { DropCatalogue } from '../../src/explain/drop-catalogue.js';
import { readDrop } from '../../src/model/drop-record.js';
import { DropStream } from '../../src/model/drop-stream.js';
import { DropTable } from '../../src/model/drop-table.js';
import type { DropCountEvent, KwhoEvent } from '../../src/model/events.js';
import { probeDrops, readingOf } from '../model/drop-samples.js';

const data = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../probes/${name}.json`, import.meta.url), 'utf8'));

/** A broadcast that nobody listens for: nothing is wrong with that, which only the packet itself tells. */
const [UDP] = probeDrops('6.12', 'udp-closed-port');
const BROADCAST: EventRecord = { ...UDP!, fields: { ...UDP!.fields, pt: 1 } };

/** A host that counts each drop at once, and has it in its ring buffer until somebody reads it. */
class Host implements DropCounter {
  readonly #counts = new DropStream(placeKey);
  readonly ring: EventRecord[] = [];

  drop(record: EventRecord): void {
    this.#counts.add(readDrop(record, readingOf('6.12')), null);
    this.ring.push(record);
  }

  snapshot(): CountSnapshot {
    return {
      counted: this.#counts.counted,
      unplaced: 0,
      rows: this.#counts.rows().map((row) => ({ ...row })),
      others: null,
    };
  }

  last(): CountSnapshot {
    return this.snapshot();
  }
}

function investigate() {
  const events: KwhoEvent[] = [];
  const investigation = new DropInvestigation({
    reading: readingOf('6.12'),
    table: new DropTable(DropCatalogue.of(data('drop-reasons'), data('drop-functions'))),
    stream: null,
    sampled: true,
    other: null,
    sink: { event: (event) => events.push(event), tick: () => {}, end: () => {} },
    conditions: [],
    by: ['location', 'reason', 'dev', 'netns'],
    events: false,
    samples: 0,
    stack: false,
    maxEvents: null,
    backends: ['hist', 'fields'],
    detailBackend: 'fields',
    blindSpots: [],
    processOf: () => null,
  });
  const rows = () => events.filter((event): event is DropCountEvent => event.type === 'drop-count');
  return { investigation, rows };
}

it('a row is judged by its single drops, also where nobody has read them when it is counted', () => {
  const { investigation, rows } = investigate();
  const host = new Host();
  const read = () => {
    for (const record of host.ring.splice(0)) investigation.record(record);
  };
  const intervals = new DropIntervals(investigation, 5000, () => 7);
  host.drop(BROADCAST);
  host.drop(BROADCAST);
  intervals.end(host, read);
  expect(rows().map(({ count, verdict }) => [count, verdict])).toEqual([[2, 'noise']]);
  host.drop(BROADCAST);
  read();
  intervals.endLast(host.last());
  expect(rows().map(({ count, verdict }) => [count, verdict])).toEqual([
    [2, 'noise'],
    [1, 'noise'],
  ]);
});

it('what is dropped while single drops are read belongs to the next interval', () => {
  const { investigation, rows } = investigate();
  const host = new Host();
  const intervals = new DropIntervals(investigation, 5000, () => 7);
  host.drop(BROADCAST);
  intervals.end(host, () => {
    for (const record of host.ring.splice(0)) investigation.record(record);
    host.drop(BROADCAST);
  });
  intervals.end(host, () => {});
  expect(rows().map(({ count }) => count)).toEqual([1, 1]);
});

it('intervals follow one another, each as long as was asked for', () => {
  const { investigation, rows } = investigate();
  const host = new Host();
  let now = 100;
  const intervals = new DropIntervals(investigation, 5000, () => now);
  intervals.begin();
  now = 102;
  expect(intervals.left).toBe(3000);
  now = 105.5;
  expect(intervals.left).toBe(-500);
  host.drop(BROADCAST);
  intervals.end(host, () => {
    now = 106;
  });
  expect(intervals.left).toBe(4500);
  now = 108;
  host.drop(BROADCAST);
  intervals.endLast(host.last());
  expect(rows().map(({ from, to, time }) => [from, to, time])).toEqual([
    [100, 105.5, 105.5],
    [105.5, 108, 108],
  ]);
});
