import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeOrder } from '../../src/decode/time-order.js';
import type { TraceRecord } from '../../src/decode/trace-record.js';

function call(cpu: number, time: number, tid = 1): TraceRecord {
  return { kind: 'function', time, cpu, tid, comm: null, symbol: 'do_syslog', parent: null };
}

function stack(cpu: number, time: number): TraceRecord {
  return { kind: 'stack', time, cpu, tid: 1, frames: [] };
}

function lost(cpu: number): TraceRecord {
  return { kind: 'lost', cpu, count: 1 };
}

function malformed(why: string): TraceRecord {
  return { kind: 'malformed', why, sample: '' };
}

/** Pushes rounds of [cpu, record] and gives what each endRound released; the last entry is what flush released. */
function play(order: TimeOrder, ...rounds: [number, TraceRecord][][]): string[][] {
  const released = rounds.map((round) => {
    for (const [cpu, record] of round) order.push(cpu, record);
    return collect((release) => order.endRound(release));
  });
  return [...released, collect((release) => order.flush(release))].map((each) => each.map(show));
}

function collect(run: (release: (record: TraceRecord) => void) => void): TraceRecord[] {
  const records: TraceRecord[] = [];
  run((record) => records.push(record));
  return records;
}

function show(record: TraceRecord): string {
  if (record.kind === 'malformed') return record.why;
  return record.kind === 'lost' ? `lost@${record.cpu}` : `${record.kind}@${record.cpu}:${record.time}`;
}

describe('TimeOrder', () => {
  it('holds a round back until another one has ended', () => {
    const order = new TimeOrder();
    const first: [number, TraceRecord][] = [
      [0, call(0, 10)],
      [0, call(0, 40)],
      [1, call(1, 20)],
    ];
    // Written on CPU 0 while CPU 1 was being read.
    const second: [number, TraceRecord][] = [
      [0, call(0, 50)],
      [1, call(1, 30)],
    ];
    expect(play(order, first, second, [])).toEqual([
      [],
      ['function@0:10', 'function@1:20', 'function@1:30', 'function@0:40'],
      ['function@0:50'],
      [],
    ]);
    expect(order.late).toBe(0);
  });

  it('keeps stacks and malformed bytes directly behind, losses directly before', () => {
    const rounds: [number, TraceRecord][] = [
      [0, call(0, 10)],
      [0, stack(0, 35)],
      [0, malformed('m0')],
      [0, lost(0)],
      [0, malformed('m1')],
      [0, call(0, 40)],
      [1, call(1, 20)],
      [1, lost(1)],
      [1, call(1, 41)],
      [1, stack(1, 41)],
    ];
    expect(play(new TimeOrder(), rounds)[1]).toEqual([
      'function@0:10',
      'stack@0:35',
      'm0',
      'function@1:20',
      'lost@0',
      'm1',
      'function@0:40',
      'lost@1',
      'function@1:41',
      'stack@1:41',
    ]);
  });

  it('keeps the order of a CPU where times are equal, and lets the lower CPU go first', () => {
    const rounds: [number, TraceRecord][] = [
      [2, call(2, 7, 1)],
      [1, call(1, 7, 1)],
      [2, stack(2, 7)],
      [2, call(2, 7, 2)],
    ];
    expect(play(new TimeOrder(), rounds)[1]).toEqual([
      'function@1:7',
      'function@2:7',
      'stack@2:7',
      'function@2:7',
    ]);
  });

  it('lets a loss wait for its next record, but not for bytes that will never be one', () => {
    const order = new TimeOrder();
    expect(play(order, [[0, lost(0)]], [], [[0, call(0, 5)]], [], [[0, lost(0)]])).toEqual([
      [],
      [],
      [],
      ['lost@0', 'function@0:5'],
      [],
      ['lost@0'],
    ]);
    expect(
      play(order, [
        [0, lost(0)],
        [0, malformed('m')],
      ]),
    ).toEqual([['lost@0', 'm'], []]);
  });

  it('brings a stack that came a round later before everything else', () => {
    const order = new TimeOrder();
    const late = play(
      order,
      [[0, call(0, 10)]],
      [],
      [
        [1, call(1, 9)],
        [0, stack(0, 10)],
      ],
      [],
    );
    expect(late).toEqual([[], ['function@0:10'], ['stack@0:10', 'function@1:9'], [], []]);
    expect(order.late).toBe(1);
  });

  it('counts what comes too late and keeps each CPU in its order even then', () => {
    const order = new TimeOrder();
    const rounds: [number, TraceRecord][][] = [
      [[0, call(0, 100)]],
      [],
      [
        [1, call(1, 50)],
        [1, call(1, 30)],
      ],
      [],
    ];
    expect(play(order, ...rounds)).toEqual([
      [],
      ['function@0:100'],
      ['function@1:50', 'function@1:30'],
      [],
      [],
    ]);
    expect(order.late).toBe(2);
  });
});

describe('properties', () => {
  /** A run of a machine: what happens when on which CPU, and when the reader comes to each CPU in each round. */
  const machine = fc.record({
    cpus: fc.integer({ min: 1, max: 9 }),
    happenings: fc.array(
      fc.record({
        after: fc.nat(3),
        cpu: fc.nat(8),
        tid: fc.nat(5),
        kind: fc.constantFrom('call', 'call', 'call', 'call+stack', 'lost', 'malformed'),
      }),
      { maxLength: 80 },
    ),
    pauses: fc.array(fc.nat(6), { minLength: 1, maxLength: 60 }),
  });

  it('any run, read round by round: nothing lost, nothing late, every order kept, memory bounded', () => {
    fc.assert(
      fc.property(machine, ({ cpus, happenings, pauses }) => {
        const buffers: { at: number; record: TraceRecord }[][] = Array.from({ length: cpus }, () => []);
        const all: TraceRecord[] = [];
        let now = 1;
        for (const { after, cpu, tid, kind } of happenings) {
          now += after;
          const put = (record: TraceRecord): void => {
            buffers[cpu % cpus].push({ at: now, record });
            all.push(record);
          };
          if (kind === 'lost') put(lost(cpu % cpus));
          else if (kind === 'malformed') put(malformed('m'));
          else put(call(cpu % cpus, now, tid));
          if (kind === 'call+stack') put(stack(cpu % cpus, now));
        }

        const order = new TimeOrder();
        const out: TraceRecord[] = [];
        let inRound = 0;
        let clock = 0;
        let pushed = 0;
        const pending = buffers.map((buffer) => [...buffer]);
        for (let pause = 0; pending.some((buffer) => buffer.length > 0); pause += 1) {
          inRound = 0;
          for (const [cpu, buffer] of pending.entries()) {
            clock += pauses[(pause + cpu) % pauses.length] + (cpu === 0 ? 1 : 0);
            while (buffer.length > 0 && buffer[0].at <= clock) {
              order.push(cpu, buffer.shift()!.record);
              inRound += 1;
              pushed += 1;
            }
          }
          order.endRound((record) => out.push(record));
          const waiting = pushed - out.length;
          // A loss waits for the record it stands before, and so does what came behind the loss.
          const waits = happenings.filter(({ kind }) => kind === 'lost' || kind === 'malformed');
          const blocked = buffers.length * waits.length;
          expect(waiting).toBeLessThanOrEqual(inRound + blocked);
        }
        order.flush((record) => out.push(record));

        expect(out).toHaveLength(all.length);
        expect(new Set(out)).toEqual(new Set(all));
        expect(order.late).toBe(0);
        const timed = out.filter((record) => record.kind === 'function');
        expect(timed.map(({ time }) => time)).toEqual(timed.map(({ time }) => time).sort((a, b) => a - b));
        for (const buffer of buffers) {
          const own = new Set(buffer.map(({ record }) => record));
          expect(out.filter((record) => own.has(record))).toEqual(buffer.map(({ record }) => record));
          for (const [index, { record }] of buffer.entries()) {
            const before = out[out.indexOf(record) - 1];
            if (record.kind === 'stack') expect(before).toBe(buffer[index - 1].record);
            const previous = buffer[index - 1]?.record;
            if (previous?.kind === 'lost' && record.kind === 'function') expect(before).toBe(previous);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('in one go: the same as sorting by time, CPU and place', () => {
    const streams = fc.array(fc.array(fc.nat(50), { maxLength: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(streams, (times) => {
        const order = new TimeOrder();
        const expected = times.flatMap((own, cpu) =>
          [...own].sort((a, b) => a - b).map((time) => call(cpu, time)),
        );
        for (const record of expected) if (record.kind === 'function') order.push(record.cpu, record);
        const out = collect((release) => order.flush(release));
        // Array.prototype.sort is stable: what is equal stays in the order of CPU and place.
        expect(out.map(show)).toEqual(expected.sort((a, b) => timeOf(a) - timeOf(b)).map(show));
      }),
    );
  });
});

function timeOf(record: TraceRecord): number {
  return record.kind === 'function' ? record.time : 0;
}
