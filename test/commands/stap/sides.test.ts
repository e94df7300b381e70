import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DropsOptions } from '../../../src/commands/drops-options.js';
import { Namespaces } from '../../../src/commands/namespaces.js';
import { settleStap } from '../../../src/commands/stap/accounting.js';
import { StapDrops } from '../../../src/commands/stap/drops-side.js';
import { StapLog } from '../../../src/commands/stap/log-side.js';
import { Tap } from '../../../src/commands/tap.js';
import { DropReasons } from '../../../src/decode/drop-reasons.js';
import { parseEventFormat } from '../../../src/decode/event-format.js';
import { type StapEnd, StapLines } from '../../../src/decode/stap-line.js';
import { parseStapMessage } from '../../../src/decode/stap-message.js';
import type { StapHeader } from '../../../src/decode/stap-record.js';
import { DropCatalogue } from '../../../src/explain/drop-catalogue.js';
import type { KwhoEvent } from '../../../src/model/events.js';
import { eventSchema } from '../../../src/output/event-schema.js';
import { toJsonLine } from '../../../src/output/ndjson.js';
import { validate } from '../../output/json-schema.js';
import { FakeProc } from '../fake-proc.js';

const file = (path: string) => new URL(`../../${path}`, import.meta.url);
const data = (name: string): unknown => JSON.parse(readFileSync(file(`../probes/${name}.json`), 'utf8'));
const catalogue = DropCatalogue.of(data('drop-reasons'), data('drop-functions'));
const reasons = new DropReasons(
  parseEventFormat(readFileSync(file('fixtures/7.2/format-skb-kfree_skb.txt'), 'latin1')),
);
const SYMBOLS = [
  'ffffffff820fa000 T __udp4_lib_rcv',
  'ffffffff8145f250 T do_syslog',
  'ffffffff8145f6b0 T __x64_sys_syslog',
  'ffffffff8145e700 t devkmsg_open',
  'ffffffff81460540 t devkmsg_read',
  'ffffffff8145caf0 t devkmsg_llseek',
  'ffffffff822a5000 T do_syscall_64',
  'ffffffff8300000f T the_end',
].join('\n');
const OPTIONS = {
  json: true,
  stack: false,
  forMs: null,
  maxEvents: null,
  bufferKib: null,
  backend: 'stap',
  module: null,
  reader: 'auto',
  readyFile: null,
} as const;
const DROPS: DropsOptions = {
  ...OPTIONS,
  ...{ events: true, conditions: [], intervalMs: 5000, by: ['location', 'reason', 'dev', 'netns'] },
};

let proc: FakeProc;
let events: KwhoEvent[] = [];
const sink = { event: (event: KwhoEvent) => events.push(event), tick: () => {}, end: () => {} };
beforeEach(() => {
  proc = new FakeProc();
  events = [];
  writeFileSync(join(proc.path, 'kallsyms'), SYMBOLS);
  writeFileSync(join(proc.path, 'modules'), '');
});
afterEach(() => {
  rmSync(proc.path, { recursive: true });
  for (const event of events) expect(validate(eventSchema, JSON.parse(toJsonLine(event)))).toEqual([]);
});

function feed(name: string, record: StapLog['record']) {
  let header: StapHeader | null = null;
  let end: StapEnd | null = null;
  const lines = new StapLines({
    begin: (begin) => {
      header = begin;
    },
    record,
    end: (account) => {
      end = account;
    },
  });
  lines.push(readFileSync(file(`fixtures/stap/${name}.out.txt`)));
  lines.finish();
  return { header: header as StapHeader | null, end: end as StapEnd | null };
}

async function dropsOf(name: string, options: Partial<DropsOptions>): Promise<KwhoEvent[]> {
  const { header } = feed(name, () => {});
  const world = { proc: proc.path, sys: '/sys', run: proc.path };
  const namespaces = new Namespaces(world);
  const parts = { world, reasons, namespaces, conditions: [], catalogue, sink, tap: new Tap('drops') };
  const side = new StapDrops({ ...parts, options: { ...DROPS, ...options }, header: header! });
  feed(name, (record) => side.record(record));
  await side.finish(false);
  return events;
}

describe('what a script printed on 7.2', () => {
  it('a drop is the event that the kernel’s own tracing gives', async () => {
    const drops = (await dropsOf('7.2-drops', {})).filter(({ type }) => type === 'drop');
    expect(drops).toHaveLength(5);
    expect(drops[0]).toMatchObject({
      ...{ backend: 'stap', time: 26.330469175, tid: 152, comm: 'bash', reason: 'NO_SOCKET', dev: 'lo' },
      ...{ ifindex: 1, netns: 4026531833, protocol: 0x800, verdict: 'suspect' },
      location: { symbol: '__udp4_lib_rcv', offset: 0x632 },
      flow: { src: '127.0.0.1', dst: '127.0.0.1', proto: 'udp' },
    });
  });

  it('counts become rows', async () => {
    const counts = (await dropsOf('7.2-counts', { events: false })).filter(
      ({ type }) => type === 'drop-count',
    );
    expect(counts).toMatchObject([
      {
        ...{ count: 8, verdict: 'suspect', backend: 'stap' },
        key: { reason: 'NO_SOCKET', dev: 'lo', netns: 4026531833, location: { symbol: '__udp4_lib_rcv' } },
      },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'summary', seen: 8, lost: 0, complete: true });
  });

  it('calls become accesses of processes that are long gone, and their paths', async () => {
    const options = { ...OPTIONS, all: true, stack: true, actions: [], doors: [], comms: [], pids: [] };
    const side = new StapLog({ proc: proc.path, options, sink, tap: new Tap('log') });
    feed('7.2-log', (record) => side.record(record));
    await side.finish();
    const accesses = events.flatMap((event) => (event.type === 'log-access' ? [event] : []));
    const clears = accesses.filter(({ effect }) => effect === 'clears');
    expect(clears.map(({ process }) => process?.cmdline)).toEqual([
      ['dmesg', '-C'],
      ['dmesg', '-S', '-c'],
    ]);
    expect(clears[0]).toMatchObject({
      ...{ door: 'syslog', action: 'CLEAR', result: 0, pid: 163, comm: 'dmesg', backend: 'stap' },
      process: {
        uid: 0,
        parents: [
          { pid: 151, comm: 'bash' },
          { pid: 1, comm: 'busybox' },
        ],
      },
    });
    expect(clears[0]?.stack?.[0]).toBe('__x64_sys_syslog+0x4');
    expect(clears[0]?.stack?.[1]).toMatch(/^do_syscall_64/);
    const follower = accesses.filter(({ door }) => door === '/dev/kmsg');
    expect(follower.map(({ action, errno }) => [action, errno])).toEqual([
      ['open', null],
      ['seek', null],
      ['read', 'EAGAIN'],
    ]);
    expect(follower[0]?.process?.parents.map(({ pid }) => pid)).toEqual([165, 151, 1]);
    expect(events.at(-1)).toMatchObject({ type: 'summary', complete: true, backends: ['stap'] });
  });
});

describe('the account of a run', () => {
  const settle = (stderr: string, account: StapEnd | null, told: number, pathless = 0) => {
    const said: unknown[] = [];
    const messages = stderr.split('\n').flatMap(parseStapMessage);
    settleStap(
      { account, messages, failure: null },
      { told, pathless },
      {
        lost: (count, what) => said.push([count, what]),
        notice: (code, level) => said.push([code, level]),
      },
    );
    return said;
  };
  const account: StapEnd = { kind: 'end', time: 1, seen: 100, missed: 2 };

  it('closes where everything arrived', () => {
    expect(settle('', account, 100)).toEqual([]);
  });

  it('what was seen and did not arrive is lost once, whoever else says so', () => {
    const stderr =
      'WARNING: There were 3 transport failures. Try stap -s to increase the buffer size from 8192.';
    expect(settle(stderr, account, 90)).toEqual([[10, expect.stringContaining('no room')]]);
    expect(settle(stderr, null, 90)).toEqual([
      [3, expect.stringContaining('no room')],
      [null, expect.stringContaining('did not come to its end')],
    ]);
  });

  it('kernel paths that SystemTap did not find are said, and nothing is lost by it', () => {
    expect(settle('', account, 100, 7)).toEqual([['stap-no-path', 'warning']]);
  });

  it('skipped probes are lost besides, and other warnings are said', () => {
    expect(settle('WARNING: Number of errors: 0, skipped probes: 57\nWARNING: odd\n', account, 100)).toEqual([
      [57, expect.stringContaining('skipped')],
      ['stap-message', 'warning'],
    ]);
  });
});
