import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type CountSnapshot,
  DropInvestigation,
  type DropInvestigationOptions,
} from '../../src/commands/drops-investigation.js';
import { otherKey, placeKey } from '../../src/commands/drops-keys.js';
import type { EventRecord, TraceRecord } from '../../src/decode/trace-record.js';
import { DropCatalogue } from '../../src/explain/drop-catalogue.js';
import type { DropField } from '../../src/model/drop-by.js';
import { DropStream } from '../../src/model/drop-stream.js';
import { DropTable } from '../../src/model/drop-table.js';
import type {
  DropCountEvent,
  DropEvent,
  KwhoEvent,
  NoticeEvent,
  SummaryEvent,
} from '../../src/model/events.js';
import { eventSchema } from '../../src/output/event-schema.js';
import { toJsonLine } from '../../src/output/ndjson.js';
import { DROP_KERNELS, plainDrops, probeDrops, readingOf } from '../model/drop-samples.js';
import { validate } from '../output/json-schema.js';

const data = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../probes/${name}.json`, import.meta.url), 'utf8'));
const catalogue = DropCatalogue.of(data('drop-reasons'), data('drop-functions'));

const PLACE: readonly DropField[] = ['location', 'reason', 'dev', 'netns'];

function investigate(options: Partial<DropInvestigationOptions> = {}) {
  const events: KwhoEvent[] = [];
  const table = new DropTable(catalogue);
  const stream = 'stream' in options ? (options.stream ?? null) : new DropStream(placeKey);
  const by = options.by ?? PLACE;
  const keyOf = otherKey(by);
  let ticks = 0;
  let ends = 0;
  const investigation = new DropInvestigation({
    reading: readingOf('6.12'),
    table,
    sampled: false,
    other: keyOf === null ? null : new DropStream(keyOf),
    sink: { event: (event) => events.push(event), tick: () => ticks++, end: () => ends++ },
    conditions: [],
    events: false,
    samples: 0,
    stack: false,
    maxEvents: null,
    backends: ['hist', 'fields', 'pages'],
    detailBackend: 'fields',
    blindSpots: ['the dark side'],
    processOf: (tid) => (tid === 170 ? 169 : null),
    ...options,
    stream,
    by,
  });
  const of = <T extends KwhoEvent>(type: T['type']) =>
    events.filter((event): event is T => event.type === type);
  return {
    investigation,
    events,
    run: (...records: TraceRecord[]) => {
      for (const record of records) investigation.record(record);
    },
    snapshot: (): CountSnapshot => ({
      counted: stream?.counted ?? 0,
      unplaced: stream?.unplaced ?? 0,
      rows: stream?.rows() ?? [],
      others: null,
    }),
    ticks: () => ticks,
    ends: () => ends,
    drops: () => of<DropEvent>('drop'),
    counts: () => of<DropCountEvent>('drop-count'),
    notices: () => of<NoticeEvent>('notice'),
    lost: () => of<Extract<KwhoEvent, { type: 'lost' }>>('lost'),
    summary: () => of<SummaryEvent>('summary').at(-1)!,
  };
}

const UDP = probeDrops('6.12', 'udp-closed-port')[0]!;
const QUEUE = probeDrops('6.12', 'qdisc-netem-loss');
const UNIX = probeDrops('6.12', 'NOISE-unix-socket-closed-with-unread');
const on = (record: EventRecord, cpu: number): EventRecord => ({ ...record, cpu });
const lost = (cpu: number, count: number | null): TraceRecord => ({ kind: 'lost', cpu, count });
const path = (cpu: number, ...frames: string[]): TraceRecord => ({
  kind: 'stack',
  time: 1,
  cpu,
  tid: 170,
  frames,
});

it('a drop by itself, with everything that is known of it', () => {
  const { run, drops, investigation } = investigate({ events: true });
  run(UDP);
  expect(drops()).toEqual([
    {
      type: 'drop',
      time: 19.866097,
      backend: 'fields',
      cpu: 0,
      pid: 169,
      tid: 170,
      comm: 'python3',
      verdict: 'suspect',
      location: { symbol: '__udp4_lib_rcv', offset: 0x235, module: null, address: null },
      reason: 'NO_SOCKET',
      protocol: 0x0800,
      dev: 's0',
      ifindex: 2,
      netns: 4026532211,
      netnsName: 'ns4026532211',
      length: 13,
      flow: expect.objectContaining({ proto: 'udp', dst: '10.1.1.2', dport: 9 }),
    },
  ]);
  expect(investigation.detailed).toBe(1);
});

it('rows of an interval, and only what has come since', () => {
  const { run, investigation, counts, snapshot, ticks } = investigate();
  run(UDP, ...QUEUE, ...UNIX);
  investigation.interval(0, 5, snapshot());
  run(UDP);
  investigation.interval(5, 10, snapshot());
  expect(new Set(counts().map(({ backend }) => backend))).toEqual(new Set(['hist']));
  const rows = counts().map(({ from, to, time, count, verdict, key }) => [
    `${from}-${to}@${time}`,
    key.location?.symbol,
    key.reason,
    key.dev,
    count,
    verdict,
  ]);
  expect(rows).toEqual([
    ['0-5@5', '__dev_queue_xmit', 'QDISC_DROP', 'c0', 3, expect.any(String)],
    ['0-5@5', 'unix_release_sock', 'SOCKET_CLOSE', null, 3, 'noise'],
    ['0-5@5', '__udp4_lib_rcv', 'NO_SOCKET', 's0', 1, 'suspect'],
    ['5-10@10', '__udp4_lib_rcv', 'NO_SOCKET', 's0', 1, 'suspect'],
  ]);
  expect(ticks()).toBe(2);
});

it('by what no place tells', () => {
  for (const [by, key] of [
    [['flow'], { flow: expect.objectContaining({ proto: 'udp', dport: 9, ttl: null, flags: null }) }],
    [['comm'], { comm: 'python3' }],
    [['proto'], { protocol: 0x0800 }],
    [['dev', 'reason'], { dev: 's0', ifindex: 2, reason: 'NO_SOCKET' }],
  ] as const) {
    const { run, investigation, counts, snapshot } = investigate({ by });
    run(UDP, UDP);
    investigation.interval(0, 5, snapshot());
    expect(counts()).toMatchObject([{ key, count: 2, verdict: 'suspect' }]);
    expect(Object.keys(counts()[0]!.key).sort()).toEqual(Object.keys(key).sort());
  }
});

it('datagrams of one conversation are one flow, whatever their time to live', () => {
  const { run, investigation, counts, snapshot } = investigate({ by: ['flow'] });
  // The bytes of the buffer: the time to live is the ninth of the header at 16.
  const h0 = [...(UDP.fields.h0 as number[])];
  h0[6] = (h0[6]! & ~0xff) | 3;
  run(UDP, { ...UDP, fields: { ...UDP.fields, h0 } });
  investigation.interval(0, 5, snapshot());
  expect(counts()).toMatchObject([{ count: 2 }]);
});

describe('a kernel path', () => {
  const FRAMES = ['sk_skb_reason_drop+0x94', '__udp4_lib_rcv+0x235', 'ip_protocol_deliver_rcu+0xb7'];

  it('belongs to the drop before it on its CPU', () => {
    const { run, drops, investigation } = investigate({ events: true, stack: true });
    run(on(UDP, 0), on(UNIX[0]!, 1));
    expect(drops()).toEqual([]);
    run(path(1, 'unix_release_sock+0x31b'), path(0, ...FRAMES), path(0, 'nobody+0x1'));
    expect(drops().map(({ location, stack }) => [location.symbol, stack])).toEqual([
      ['unix_release_sock', ['unix_release_sock+0x31b']],
      ['__udp4_lib_rcv', FRAMES.slice(1)],
    ]);
    expect(investigation.detailed).toBe(2);
  });

  it('that does not come: the drop goes without, at the next one or at the end', () => {
    const { run, drops, investigation } = investigate({ events: true, stack: true });
    run(UDP, UDP);
    expect(drops()).toHaveLength(1);
    investigation.flush();
    investigation.flush();
    expect(drops().map((drop) => 'stack' in drop)).toEqual([false, false]);
  });

  it('is a key, judged by the function that it begins with', () => {
    const { run, investigation, counts, snapshot } = investigate({ by: ['stack'], stack: true });
    run(UDP, path(0, ...FRAMES), on(UNIX[0]!, 1), path(1, 'unix_release_sock+0x31b', 'unix_release+0x10'));
    investigation.interval(0, 5, snapshot());
    expect(counts().map(({ key, verdict }) => [key.stack?.[0], verdict])).toEqual([
      ['__udp4_lib_rcv+0x235', 'suspect'],
      ['unix_release_sock+0x31b', 'noise'],
    ]);
  });

  it('that the kernel counts by and nobody saw by itself is judged too: a healthy host does not look sick', () => {
    const { investigation, counts } = investigate({ by: ['stack'], stream: null, sampled: true });
    const others = [
      { key: { stack: ['unix_release_sock+0x31b', 'unix_release+0x10'] }, count: 5 },
      { key: { stack: [] }, count: 1 },
    ];
    investigation.interval(0, 5, { counted: 6, unplaced: 0, rows: [], others });
    expect(counts().map(({ verdict, count }) => [verdict, count])).toEqual([
      ['noise', 5],
      ['suspect', 1],
    ]);
  });
});

describe('conditions', () => {
  it('leave out drops and their paths', () => {
    const { run, drops, investigation } = investigate({
      events: true,
      stack: true,
      conditions: [{ field: 'dev', names: ['c0'], not: false }],
    });
    run(UDP, path(0, '__udp4_lib_rcv+0x235'), on(QUEUE[0]!, 1));
    investigation.flush();
    expect(drops().map(({ dev }) => dev)).toEqual(['c0']);
  });

  it('also of the stream that is for counting alone', () => {
    const { investigation, snapshot } = investigate({
      conditions: [{ field: 'reason', names: ['NO_SOCKET'], not: true }],
    });
    for (const record of [UDP, ...QUEUE]) investigation.count(record);
    expect(snapshot().counted).toBe(3);
  });
});

describe('the bound on drops', () => {
  it('ends the run with exactly so many', () => {
    const { run, drops, investigation, summary, snapshot } = investigate({ events: true, maxEvents: 2 });
    run(UDP);
    expect(investigation.done).toBe(false);
    run(UDP, UDP, lost(0, 9));
    expect(investigation.done).toBe(true);
    investigation.interval(0, 5, snapshot());
    investigation.finish();
    expect(drops()).toHaveLength(2);
    expect(summary()).toMatchObject({ seen: 2, counted: 2, detailed: 2, lost: 0, complete: true });
  });

  it('counts what passes the conditions only', () => {
    const conditions = [{ field: 'dev', names: ['c0'], not: false }] as const;
    const { run, investigation } = investigate({ events: true, maxEvents: 1, conditions });
    run(UDP, UDP);
    expect(investigation.done).toBe(false);
    run(QUEUE[0]!);
    expect(investigation.done).toBe(true);
  });

  it('holds for counts', () => {
    const { investigation } = investigate({ stream: null, sampled: true, maxEvents: 100 });
    investigation.interval(0, 5, { counted: 99, unplaced: 0, rows: [], others: null });
    expect(investigation.done).toBe(false);
    investigation.interval(5, 10, { counted: 150, unplaced: 0, rows: [], others: null });
    expect(investigation.done).toBe(true);
  });
});

describe('losses', () => {
  it('of the stream that is counted: seen and lost are everything', () => {
    const { run, investigation, lost: told, summary, snapshot } = investigate();
    run(UDP, lost(0, 5), lost(1, null), UDP);
    investigation.interval(0, 5, snapshot());
    investigation.settle(
      new Map([
        [0, 7],
        [1, 3],
      ]),
    );
    investigation.finish();
    expect(told().map(({ where, count, cpu }) => [where, count, cpu])).toEqual([
      ['ring', 5, 0],
      ['ring', null, 1],
      ['ring', 2, 0],
      ['ring', 3, 1],
    ]);
    expect(summary()).toMatchObject({ seen: 2, lost: 10, complete: false });
    expect(investigation.lostRecords).toBe(6);
  });

  it('of samples are no losses: the counts come from elsewhere', () => {
    const { run, investigation, lost: told, summary } = investigate({ stream: null, sampled: true });
    run(UDP, lost(0, 5_000));
    investigation.interval(0, 5, {
      counted: 5_001,
      unplaced: 0,
      rows: [{ key: placeKey({ ...probe(), location: LOCATION }, null), count: 5_001 }],
      others: null,
    });
    investigation.finish();
    expect(told()).toEqual([]);
    expect(investigation.lostRecords).toBe(5_000);
    expect(summary()).toMatchObject({ seen: 5_001, counted: 5_001, detailed: 1, lost: 0, complete: true });
  });

  it('of the stream that is for counting alone', () => {
    const { investigation, lost: told, summary } = investigate({ sampled: true });
    investigation.count(UDP);
    investigation.count(lost(-1, 4));
    investigation.finish();
    expect(told()).toMatchObject([{ count: 4, cpu: null }]);
    expect(summary()).toMatchObject({ lost: 4, complete: false });
  });

  it('of place: told once, and not seen twice', () => {
    const { investigation, lost: told, summary } = investigate({ stream: null, sampled: true });
    const key = placeKey({ ...probe(), location: LOCATION }, null);
    const snapshot = (count: number, unplaced: number): CountSnapshot => ({
      counted: count + unplaced,
      unplaced,
      rows: [{ key, count }],
      others: null,
    });
    investigation.interval(0, 5, snapshot(10, 0));
    investigation.interval(5, 10, snapshot(10, 3));
    investigation.interval(10, 15, snapshot(12, 3));
    investigation.interval(15, 20, snapshot(12, 8));
    investigation.finish();
    expect(told().map(({ where, count }) => [where, count])).toEqual([
      ['table', 3],
      ['table', 5],
    ]);
    expect(summary()).toMatchObject({
      counted: 20,
      seen: 12,
      lost: 8,
      complete: false,
      verdicts: { suspect: 12, policy: 0, noise: 0 },
    });
  });

  it('records that are unreadable are counted, and shown up to a bound', () => {
    const { run, investigation, notices, summary } = investigate();
    for (let i = 0; i < 25; i++) run({ kind: 'malformed', why: 'no record', sample: `\x1b[31m${i}` });
    investigation.finish();
    expect(notices()).toHaveLength(10);
    expect(notices()[0]).toMatchObject({ code: 'malformed', level: 'warning' });
    expect(notices()[0]?.text).toBe('a record of the ring buffer is unreadable: no record: \x1b[31m0');
    expect(notices()[9]?.text).toContain('; further ones are only counted');
    expect(summary()).toMatchObject({ lost: 25, complete: false });
  });
});

const LOCATION = { symbol: '__udp4_lib_rcv', offset: 0x235, module: null, address: null };
const probe = () => ({
  time: 0,
  cpu: 0,
  tid: 1,
  comm: null,
  reason: 'NO_SOCKET',
  protocol: 0x0800,
  dev: 's0',
  ifindex: 2,
  netns: 4026532211,
  netnsName: null,
  length: 1,
  flow: null,
  packetType: 0,
});

describe('sampled or streamed', () => {
  it('samples lend their rows a verdict, and are not counted', () => {
    const { run, investigation, counts, snapshot } = investigate({ sampled: true });
    run(UDP, UDP);
    expect(snapshot().counted).toBe(0);
    const key = placeKey({ ...probe(), location: LOCATION, ifindex: null }, null);
    investigation.interval(0, 5, { counted: 9, unplaced: 0, rows: [{ key, count: 9 }], others: null });
    // What counts cannot know: the index of the interface.
    expect(counts()).toMatchObject([{ count: 9, verdict: 'suspect', key: { dev: 's0', ifindex: 2 } }]);
  });

  it('single drops are told, and no rows beside them', () => {
    const { run, investigation, counts, drops, summary, snapshot } = investigate({ events: true });
    run(UDP, UDP);
    investigation.interval(0, 5, snapshot());
    investigation.finish();
    expect(counts()).toEqual([]);
    expect(drops()).toHaveLength(2);
    expect(summary()).toMatchObject({ seen: 2, verdicts: { suspect: 2, policy: 0, noise: 0 } });
  });
});

it('the summary comes last, with the backends and what they cannot see', () => {
  const { investigation, events, ends } = investigate();
  investigation.notice('started', 'info', 'watching', { details: { kernel: 'x' } });
  investigation.finish();
  expect(events.at(-1)).toMatchObject({
    type: 'summary',
    backends: ['hist', 'fields', 'pages'],
    blindSpots: ['the dark side'],
    complete: true,
  });
  expect(ends()).toBe(1);
});

describe.each(DROP_KERNELS)('every line of a run on Linux %s', (kernel) => {
  it('is as the schema says', () => {
    for (const by of [PLACE, ['flow'], ['comm'], ['proto'], ['stack']] as DropField[][]) {
      for (const events of [true, false]) {
        const reading = readingOf(kernel, {
          name: (address) => ({ symbol: 'somewhere', offset: Number(address & 0xffn), module: null }),
        });
        const run = investigate({ by, events, reading, stack: by.includes('stack') });
        run.investigation.notice('started', 'info', 'watching', { details: { kernel } });
        run.run(
          ...probeDrops(kernel, 'udp-closed-port'),
          path(1, '__udp4_lib_rcv+0x235'),
          ...probeDrops(kernel, 'ipv6-disabled-host'),
          ...probeDrops(kernel, 'NOISE-unix-socket-closed-with-unread'),
          ...plainDrops(kernel, 'udp-closed-port'),
          lost(0, 3),
          lost(1, null),
          { kind: 'malformed', why: 'x', sample: '\xff' },
        );
        run.investigation.flush();
        run.investigation.interval(0, 5, { ...run.snapshot(), unplaced: 1 });
        run.investigation.settle(new Map([[0, 4]]));
        run.investigation.finish();
        const types = new Set(run.events.map(({ type }) => type));
        expect(types).toEqual(new Set(['notice', events ? 'drop' : 'drop-count', 'lost', 'summary']));
        for (const event of run.events) {
          const line = toJsonLine(event);
          expect(validate(eventSchema, JSON.parse(line)), line).toEqual([]);
        }
      }
    }
  });
});
