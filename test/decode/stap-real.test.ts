import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import { logDoorOf } from '../../src/decode/log-doors.js';
import { type StapEnd, StapLines } from '../../src/decode/stap-line.js';
import type { EventRecord, MalformedRecord } from '../../src/decode/trace-record.js';
import { readDrop } from '../../src/model/drop-record.js';
import type { LogAccess } from '../../src/model/log-access.js';
import { LogLedger } from '../../src/model/log-ledger.js';

/** What staprun 5.6 printed on Linux 7.2 from the two scripts. */
function decode(name: string) {
  const records: (EventRecord | MalformedRecord)[] = [];
  const ends: StapEnd[] = [];
  const lines = new StapLines({
    begin: ({ version }) => expect(version).toBe(1),
    record: (record) => records.push(record),
    end: (end) => ends.push(end),
  });
  lines.push(readFileSync(new URL(`../fixtures/stap/${name}`, import.meta.url)));
  lines.finish();
  const events = records.filter((record) => record.kind === 'event');
  return { events, ends, malformed: records.filter((record) => record.kind === 'malformed') };
}

it('five datagrams to a closed port', () => {
  const { events, ends, malformed } = decode('7.2-drops.out.txt');
  expect(ends).toMatchObject([{ seen: 5, missed: 0 }]);
  expect(malformed).toEqual([]);
  const reading = { reasons: new DropReasons(null), name: () => null, netnsName: () => null };
  const drops = events.map((record) => readDrop(record, reading));
  expect(drops).toHaveLength(5);
  for (const drop of drops) {
    expect(drop).toMatchObject({
      comm: 'bash',
      reason: '3',
      protocol: 0x0800,
      dev: 'lo',
      ifindex: 1,
      netns: 4026531833,
      length: 10,
      packetType: 0,
      location: { address: '0xffffffff820fa632' },
      flow: { family: 'ipv4', proto: 'udp', src: '127.0.0.1', dst: '127.0.0.1', dport: 9, ttl: 64 },
    });
  }
  const stack = events[0]?.fields.stack;
  expect(stack).toHaveLength(8);
  expect(stack).toMatchObject([
    0xffffffff820fa632n,
    0xffffffff820a39dan,
    ...Array(6).fill(expect.any(BigInt)),
  ]);
});

it('eight datagrams to closed ports, counted', () => {
  const { events, ends, malformed } = decode('7.2-counts.out.txt');
  expect(malformed).toEqual([]);
  expect(ends).toMatchObject([{ seen: 8, missed: 0 }]);
  expect(events).toMatchObject([
    {
      name: 'drop_count',
      fields: { count: 8, bytes: 80, reason: 3, proto: 8, dev: 'lo', netns: 4026531833 },
    },
  ]);
});

it('dmesg -C, and dmesg -S -c, each named by its command line', () => {
  const { events, ends, malformed } = decode('7.2-log.out.txt');
  expect(malformed).toEqual([]);
  expect(ends).toMatchObject([{ missed: 0 }]);
  const called = events
    .filter(({ name }) => name === 'in_do_syslog')
    .map(({ fields }) => [fields.type, fields.argv]);
  expect(called).toContainEqual([5, ['dmesg', '-C']]);
  expect(called).toContainEqual([3, ['dmesg', '-S', '-c']]);
  expect(events[0]?.fields.parents).toEqual([
    [151, 'bash'],
    [1, 'busybox'],
  ]);

  const doors = ['__x64_sys_syslog', 'do_syslog', 'devkmsg_open', 'devkmsg_read'].map(
    (symbol) => logDoorOf(symbol)!,
  );
  const told: LogAccess[] = [];
  const ledger = new LogLedger(
    {
      functions: new Map(),
      entries: new Map(doors.map((door) => [`in_${door.symbol}`, door])),
      returns: new Map(doors.map((door) => [`out_${door.symbol}`, door])),
    },
    (access) => told.push(access),
  );
  for (const record of events) ledger.apply(record);
  ledger.finish();
  expect(told.filter(({ effect }) => effect === 'clears')).toMatchObject([
    { comm: 'dmesg', door: 'syslog', action: 'CLEAR', result: 0 },
    { comm: 'dmesg', door: 'syslog', action: 'CLEAR', result: 0 },
  ]);
});
