import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordingBlock } from '../../src/decode/recording-blocks.js';
import { RecordingError } from '../../src/decode/recording-reader.js';
import type { KwhoEvent } from '../../src/model/events.js';
import { block, chunk, fileHead, readAll, readerOf } from '../decode/recording-builder.js';
import { only, playBytes, RECORDED, recordingOf } from './played.js';

/** Of skb:kfree_skb there are no reasons before 5.17. */
const NO_REASONS = new Set<string>(['5.10']);

describe.each(RECORDED)('the recording of Linux %s', (kernel) => {
  const bytes = recordingOf(kernel);
  const { host, events } = playBytes(bytes);
  const accesses = only(events, 'log-access');
  const drops = only(events, 'drop-count');

  it('says where it was made', () => {
    expect(host).toMatchObject({ name: 'web-3', netns: expect.any(Number) });
    expect(host.kernel).toMatch(new RegExp(`^${kernel.replace('.', '\\.')}\\b`));
    expect(new Date(host.wallAtZero).getFullYear()).toBeGreaterThan(2020);
  });

  it('is whole: nothing was lost, and both sides come to their end', () => {
    expect(only(events, 'lost')).toEqual([]);
    const summaries = only(events, 'summary');
    expect(summaries.map(({ complete, lost }) => [complete, lost])).toEqual([
      [true, 0],
      [true, 0],
    ]);
    const [log, counts] = summaries;
    expect(log?.seen).toBe(accesses.length);
    const counted = drops.reduce((sum, { count }) => sum + count, 0);
    expect(counts).toMatchObject({ seen: counted, counted });
  });

  it('clears, with the command line and the script behind it', () => {
    const clears = accesses.filter(({ effect }) => effect === 'clears');
    expect(clears.map(({ comm, process }) => [comm, process?.cmdline])).toEqual(
      expect.arrayContaining([
        ['dmesg', ['dmesg', '-C']],
        ['{red-fg}\x1b[2J', [expect.stringContaining('{red-fg}\x1b[2J'), '-c']],
      ]),
    );
    const script = clears.find(({ comm }) => comm === 'dmesg');
    expect(script).toMatchObject({ door: 'syslog', action: 'CLEAR', result: 0, process: { uid: 0 } });
    expect(script?.process?.parents[0]).toMatchObject({
      comm: 'cleanup.sh',
      cmdline: ['/bin/sh', '/tmp/bin/cleanup.sh'],
    });
    expect(script?.stack?.[0]).toMatch(/^__x64_sys_syslog/);
  });

  it('readers of /proc/kmsg that take records from each other', () => {
    const thieves = new Set(accesses.filter(({ effect }) => effect === 'steals').map(({ comm }) => comm));
    expect(thieves).toContain('cat');
    const thief = accesses.find(({ comm, door }) => comm === 'perl' && door === '/proc/kmsg');
    expect(thief?.process?.cmdline?.[2]).toMatch(/sysread \$log/);
  });

  it('suspects and policy, by place, reason, interface and namespace', () => {
    const found = drops.map(({ key: { location, reason, dev, netnsName }, verdict }) =>
      [location?.symbol, reason ?? '-', dev ?? '-', netnsName ?? 'host', verdict].join(' '),
    );
    const reason = (name: string) => (NO_REASONS.has(kernel) ? '-' : name);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          new RegExp(`^(__udp4_lib_rcv|udp_rcv) ${reason('NO_SOCKET')} lo host suspect$`),
        ),
        expect.stringMatching(
          new RegExp(`^udp_queue_rcv_one_skb ${reason('SOCKET_RCVBUFF')} eth0 api suspect$`),
        ),
        expect.stringMatching(
          new RegExp(`^(nf_hook_slow|nft_do_chain) ${reason('NETFILTER_DROP')} eth0 api policy$`),
        ),
      ]),
    );
  });

  it("the firewall's lines in the kernel log", () => {
    const kernels = only(events, 'kernel-message').filter(({ facility }) => facility === 0);
    expect(kernels.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^smtp-out: IN= OUT=veth-api SRC=10\.20\.0\.1 .*DPT=25 /),
    );
  });

  it('the top suspect, with what its host said of it', () => {
    const [suspect] = only(events, 'notice').filter(({ code }) => code === 'top-suspect');
    expect(suspect?.text).toMatch(/^top suspect: [\d,]+ packets dropped in (__udp4_lib_rcv|udp_rcv) on lo/);
    const closed = drops.filter(({ key }) => key.dev === 'lo' && /udp/.test(key.location?.symbol ?? ''));
    const sum = closed.reduce((total, { count }) => total + count, 0);
    expect(suspect?.text).toContain(` ${sum.toLocaleString('en-US')} packets `);
    expect(suspect?.details?.evidence).toContainEqual(
      expect.stringContaining('no udp socket is bound to 127.0.0.1:9999'),
    );
  });

  it('comes out the same in pieces of any size', () => {
    expect(playBytes(bytes, 777).events).toEqual(events);
  });
});

it('the recording that is shown where nothing can be traced is long and lively enough', () => {
  const { events } = playBytes(recordingOf('6.12'));
  const times = events.flatMap(({ time }) => (time === null ? [] : [time]));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  expect(last - first).toBeGreaterThan(30);
  expect(last - first).toBeLessThan(90);
  expect(times.filter((time) => time < first + 10).length).toBeGreaterThan(20);
  expect(only(events, 'log-access').filter(({ effect }) => effect === 'clears').length).toBeGreaterThan(3);
});

describe('a damaged recording', () => {
  const bytes = recordingOf('6.1');
  const whole = playBytes(bytes);

  it('cut off anywhere: what is there is told, and that it is not all', () => {
    const cuts = Array.from({ length: 120 }, (_, i) => Math.floor((i / 120) * bytes.length));
    for (const length of [...cuts, bytes.length - 1]) {
      const played = tryPlay(bytes.subarray(0, length));
      if (played !== null) expectTold(played, `cut off at ${length}`);
      else expect(length).toBeLessThan(16);
    }
  });

  it('a changed bit costs no more than its chunk', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const damaged = Buffer.from(bytes);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        const played = tryPlay(damaged);
        if (played === null) return bit < 16 * 8;
        expectTold(played, `bit ${bit}`);
        return true;
      }),
      { numRuns: 60 },
    );
  });

  it('the largest hole in the middle is bridged', () => {
    const damaged = Buffer.concat([
      bytes.subarray(0, bytes.length / 2),
      bytes.subarray(bytes.length / 2 + 900),
    ]);
    const events = tryPlay(damaged)!;
    expectTold(events, 'a hole');
    expect(events.length).toBeLessThan(whole.events.length + 10);
  });

  it("a hole is not filled by the kernel's account at the end", () => {
    const blocks = readAll(readerOf(bytes));
    const parts = [0, 1 / 3, 2 / 3].map((from, i, all) =>
      chunk(
        Buffer.concat(
          blocks.slice(from * blocks.length, (all[i + 1] ?? 1) * blocks.length).map((each) => block(each)),
        ),
      ),
    );
    parts[1]![30]! ^= 1;
    const events = tryPlay(Buffer.concat([fileHead(), ...parts]))!;
    expect(only(events, 'lost')).toHaveLength(2);
    expect(only(events, 'summary').map(({ complete }) => complete)).toEqual([false, false]);
  });

  function expectTold(events: readonly KwhoEvent[], where: string): void {
    const summaries = only(events, 'summary');
    const lost = only(events, 'lost');
    // Without its beginning a side is not there at all, and after its end nothing is missing.
    if (lost.length === 0 && summaries.length === 2) expect(told(events), where).toEqual(told(whole.events));
    for (const each of lost) expect(each.where, where).toBe('recording');
    const incomplete = summaries.filter(({ complete }) => !complete);
    if (lost.length > 0) expect(incomplete.length, where).toBeGreaterThan(0);
    const through = summaries.filter(({ complete }) => complete);
    for (const each of through) expect(only(whole.events, 'summary'), where).toContainEqual(each);
  }

  function told(events: readonly KwhoEvent[]): KwhoEvent[] {
    return events.filter(({ type }) => type !== 'kernel-message');
  }
});

describe('a forged recording', () => {
  const blocks = readAll(readerOf(recordingOf('6.1'), 65_536));
  const first = blocks.slice(0, 1);

  const strange = fc.oneof(
    fc.constantFrom<unknown>(null, true, '', -1, 1e308, 0.5, [], {}, [[]], '\x1b[31m', { buffers: {} }),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const change = fc.record({
    at: fc.nat(blocks.length - 1),
    how: fc.constantFrom('drop', 'double', 'move', 'head', 'field', 'bytes', 'kind', 'time'),
    to: fc.nat(blocks.length - 1),
    value: strange,
    pick: fc.nat(10_000),
  });

  it('whose sums are right never does more harm than to be told wrong', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), (changes) => {
        const forged = blocks.slice(1);
        for (const each of changes) apply(forged, each);
        tryPlay(fileOf([...first, ...forged]));
      }),
      { numRuns: 80 },
    );
  });

  it('what cannot be understood is told, and the rest goes on', () => {
    const at = blocks.findIndex(({ kind, stream }) => kind === 'call' && stream === 'log');
    const nonsense = { ...blocks[at]!, head: { method: 'explode', args: [] } };
    const events = tryPlay(fileOf([...blocks.slice(0, at), nonsense, ...blocks.slice(at)]))!;
    expect(only(events, 'lost').map(({ what }) => what)).toContainEqual(
      'a block of the recording (log call) is not as kwho writes it: there is no explode on the log side',
    );
    expect(only(events, 'summary')).toHaveLength(2);
  });

  function apply(
    forged: RecordingBlock[],
    { at, how, to, value, pick }: { at: number; how: string; to: number; value: unknown; pick: number },
  ): void {
    const index = at % Math.max(1, forged.length);
    const chosen = forged[index];
    if (chosen === undefined) return;
    if (how === 'drop') forged.splice(index, 1);
    else if (how === 'double') forged.splice(index, 0, chosen);
    else if (how === 'move') forged.splice(to, 0, ...forged.splice(index, 1));
    else if (how === 'head') forged[index] = { ...chosen, head: value };
    else if (how === 'kind') forged[index] = { ...chosen, kind: forged[to % forged.length]!.kind };
    else if (how === 'time') forged[index] = { ...chosen, time: pick - 5000 };
    else if (how === 'field') forged[index] = { ...chosen, head: withField(chosen.head, pick, value) };
    else {
      const bytes = Buffer.from(chosen.bytes);
      for (let i = 0; i < 8 && bytes.length > 0; i++) bytes[(pick * (i + 1)) % bytes.length]! ^= 1 << i;
      forged[index] = {
        ...chosen,
        bytes: pick % 3 === 0 ? bytes.subarray(0, pick % (bytes.length + 1)) : bytes,
      };
    }
  }
});

describe("others' recordings", () => {
  const expected: [kernel: string, file: string, log: number, drops: number][] = [
    ['6.1', 'perf-g.txt', 0, 2],
    ['6.1', 'perf.txt', 3, 6],
    ['6.1', 'trace-cmd.txt', 3, 6],
    ['6.12', 'perf-g.txt', 1, 2],
    ['6.12', 'perf-ns.txt', 3, 6],
    ['6.12', 'perf-pidtid.txt', 3, 6],
    ['6.12', 'perf-probe.txt', 0, 0],
    ['6.12', 'perf.txt', 3, 6],
    ['6.12', 'trace-cmd-function.txt', 3, 0],
    ['6.12', 'trace-cmd-instance.txt', 0, 6],
    ['6.12', 'trace-cmd-l.txt', 3, 6],
    ['6.12', 'trace-cmd-probe.txt', 0, 0],
    ['6.12', 'trace-cmd-raw.txt', 3, 6],
    ['6.12', 'trace-cmd-stack.txt', 0, 2],
    ['6.12', 'trace-cmd-t.txt', 3, 6],
    ['6.12', 'trace-cmd.txt', 3, 6],
  ];

  it.each(expected)('%s %s', (kernel, file, log, drops) => {
    const { events, host } = playBytes(foreign(kernel, file), 100);
    expect(host.kernel).toMatch(/^as (perf|trace-cmd)\S* text$/);
    expect(only(events, 'log-access')).toHaveLength(log);
    const counts = only(events, 'drop-count');
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(drops);
    expect(only(events, 'summary').map(({ complete }) => complete)).toEqual([true, true]);
    expect(only(events, 'summary')[0]?.blindSpots).toEqual([expect.stringContaining('not recorded')]);
  });

  it('every file of them that is there', () => {
    const there = ['6.1', '6.12'].flatMap((kernel) =>
      readdirSync(new URL(`../fixtures/${kernel}/foreign`, import.meta.url)).map(
        (file) => `${kernel} ${file}`,
      ),
    );
    expect(expected.map(([kernel, file]) => `${kernel} ${file}`).sort()).toEqual(there.sort());
  });

  it('cut off or changed anywhere they give what is left', () => {
    const text = foreign('6.12', 'trace-cmd-stack.txt');
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length - 1), fc.nat(255), (length, at, byte) => {
        const damaged = Buffer.from(text.subarray(0, length));
        if (at < length) damaged[at] = byte;
        tryPlay(damaged);
      }),
      { numRuns: 150 },
    );
  });
});

function foreign(kernel: string, file: string): Buffer {
  return readFileSync(new URL(`../fixtures/${kernel}/foreign/${file}`, import.meta.url));
}

/** The events; null where it is no recording at all, which is the one thing that may be thrown. */
function tryPlay(bytes: Uint8Array): KwhoEvent[] | null {
  try {
    return playBytes(bytes).events;
  } catch (error) {
    if (error instanceof RecordingError) return null;
    throw error;
  }
}

function fileOf(blocks: readonly RecordingBlock[]): Buffer {
  return Buffer.concat([fileHead(), chunk(Buffer.concat(blocks.map(block)))]);
}

/** The head with one of its values, however deep, another. */
function withField(head: unknown, pick: number, value: unknown): unknown {
  if (typeof head !== 'object' || head === null) return value;
  const keys = Object.keys(head);
  const key = keys[pick % Math.max(1, keys.length)];
  if (key === undefined) return value;
  const inner = withField((head as Record<string, unknown>)[key], Math.floor(pick / 3), value);
  return Array.isArray(head)
    ? head.map((each, i) => (String(i) === key ? inner : each))
    : { ...head, [key]: inner };
}
