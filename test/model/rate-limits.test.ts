import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LimitHooks, LimitPlace } from '../../src/decode/limit-hooks.js';
import type { Fields, TraceRecord } from '../../src/decode/trace-record.js';
import { RateLimits } from '../../src/model/rate-limits.js';

const PLACES: LimitPlace[] = ['___ratelimit', '__printk_ratelimit', 'net_ratelimit', 'devkmsg_write'];
const HOOKS: LimitHooks = {
  asked: new Map(PLACES.map((place) => [`ask ${place}`, place])),
  said: new Map(PLACES.map((place) => [`say ${place}`, place])),
  printed: 'printed',
};

interface Call {
  limit?: LimitPlace;
  fields: Fields;
  ret: number;
  tid?: number;
  cpu?: number;
  prints?: boolean;
  /** What asks while this call is under way. */
  inside?: Call[];
}

function records({ limit = 'net_ratelimit', fields, ret, tid = 7, cpu = 0, ...call }: Call): TraceRecord[] {
  const head = { kind: 'event', time: 2e9, cpu, tid, comm: null } as const;
  return [
    { ...head, name: `ask ${limit}`, fields },
    ...(call.inside ?? []).flatMap((inner) => records({ tid, cpu, ...inner })),
    ...(call.prints === true ? [{ ...head, name: 'printed', fields: {} }] : []),
    { ...head, name: `say ${limit}`, fields: { ret } },
  ];
}

function limitsOf(all: readonly TraceRecord[]): RateLimits {
  const limits = new RateLimits(HOOKS);
  for (const record of all) limits.record(record);
  return limits;
}

function shown(all: readonly TraceRecord[]): string[] {
  return limitsOf(all)
    .counts((address) => (address < 100n ? 'near' : `at ${address}`))
    .map(({ name, writer, asked, refused }) => `${writer ? 'writer ' : ''}${name} ${refused}/${asked}`);
}

it('counts by the function that asked, those refused most first', () => {
  const all = [
    ...records({ fields: { from: 3 }, ret: 1 }),
    ...records({ fields: { from: 7n }, ret: 0 }),
    ...records({ limit: '__printk_ratelimit', fields: { func: 'show_signal_msg' }, ret: 0 }),
    ...records({ limit: '__printk_ratelimit', fields: { func: 'show_signal_msg' }, ret: 0 }),
  ];
  expect(shown(all)).toEqual(['show_signal_msg 2/2', 'near 1/2']);
  expect(limitsOf(all).counts(() => null)[0]).toMatchObject({ lastRefused: 2, tid: 7 });
});

it('where all of them come to one function, a writer of /dev/kmsg asks in the name of its process', () => {
  const limit = '___ratelimit';
  expect(shown(records({ limit, fields: { func: 'perl', comm: 'perl' }, ret: 0 }))).toEqual([
    'writer perl 1/1',
  ]);
  expect(shown(records({ limit, fields: { func: 'ext4_error', comm: 'perl' }, ret: 0 }))).toEqual([
    'ext4_error 1/1',
  ]);
});

it('a write to /dev/kmsg that prints nothing was held back, though it says that it was done', () => {
  const write = { limit: 'devkmsg_write', fields: { comm: 'perl' }, ret: 9 } as const;
  const refused = records(write);
  expect(shown([...records({ ...write, prints: true }), ...refused, ...refused])).toEqual([
    'writer perl 2/3',
  ]);
  expect(shown([...records({ ...write, prints: true }), ...records({ ...write, ret: -22 })])).toEqual([
    'writer perl 0/1',
  ]);
  // What prints may not be seen on this kernel.
  expect(shown(refused)).toEqual([]);
  // Its beginning was overwritten, and with it what it printed.
  expect(shown([...records({ ...write, prints: true }), refused[1]!])).toEqual(['writer perl 0/1']);
});

it('an interrupt that asks within a call, and idle CPUs, which share a number', () => {
  const outer = records({
    fields: { func: 'outer' },
    ret: 0,
    tid: 0,
    inside: [{ fields: { func: 'inner' }, ret: 1 }],
  });
  const other = records({ fields: { func: 'other' }, ret: 0, tid: 0, cpu: 1 });
  const mixed = [outer[0]!, other[0]!, ...outer.slice(1), other[1]!];
  expect(shown(mixed).sort()).toEqual(['inner 0/1', 'other 1/1', 'outer 1/1']);
});

it('an answer whose question was overwritten has no name, and gives none to the next', () => {
  const [question, answer] = records({ fields: { func: 'lost' }, ret: 0 });
  const all: TraceRecord[] = [
    question!,
    { kind: 'lost', cpu: 0, count: 3 },
    answer!,
    ...records({ fields: { func: 'next' }, ret: 0 }),
  ];
  expect(shown(all).sort()).toEqual(['next 1/1', 'null 1/1']);
  expect(limitsOf(all).lost).toBe(3);
});

it('every answer of a limit is counted once, whoever asks by however many names', () => {
  const call = fc.record({
    limit: fc.constantFrom(...PLACES.filter((place) => place !== 'devkmsg_write')),
    fields: fc.record({ func: fc.option(fc.string({ maxLength: 3 })), from: fc.bigInt(0n, 300n) }),
    ret: fc.integer({ min: 0, max: 1 }),
    tid: fc.nat(3),
    cpu: fc.nat(1),
  });
  fc.assert(
    fc.property(fc.array(call), fc.array(fc.boolean()), (calls, kept) => {
      const all = calls.flatMap(records).filter((_, i) => kept[i] ?? true);
      const counts = limitsOf(all).counts(String);
      const said = all.filter((record) => record.kind === 'event' && record.name.startsWith('say'));
      expect(counts.reduce((sum, { asked }) => sum + asked, 0)).toBe(said.length);
      for (const { asked, refused } of counts) expect(refused).toBeLessThanOrEqual(asked);
    }),
  );
  const many = Array.from({ length: 3000 }, (_, i) =>
    records({ fields: { func: `name ${i}` }, ret: 0 }),
  ).flat();
  const counts = limitsOf(many).counts(String);
  expect(counts.length).toBeLessThanOrEqual(1001);
  expect(counts.reduce((sum, { refused }) => sum + refused, 0)).toBe(3000);
});
