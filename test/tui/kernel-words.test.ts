import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKmsgRecord } from '../../src/decode/kmsg-record.js';
import type { KernelMessageEvent } from '../../src/model/events.js';
import { notableMessage } from '../../src/tui/kernel-words.js';
import { readFixture } from '../model/drop-samples.js';

function message(text: string, facility = 0): KernelMessageEvent {
  return {
    type: 'kernel-message',
    time: 1,
    backend: '/dev/kmsg',
    seq: 1,
    level: 4,
    facility,
    flags: '-',
    caller: null,
    text,
    fields: {},
  };
}

/** What a guest wrote while all of this was done to it; the first two lines a program wrote itself. */
function recorded(kernel: string): KernelMessageEvent[] {
  const lines = readFixture(kernel, 'kmsg-network.txt').trimEnd().split('\n');
  return lines.map((line) => {
    const record = parseKmsgRecord(Buffer.from(`${line}\n`, 'latin1'));
    if (record.kind !== 'kmsg') throw new Error(record.why);
    return message(record.text, record.facility);
  });
}

/** Equal ones once, with how many there were. */
function folded(kernel: string): [string, number][] {
  const found = new Map<string, [string, number]>();
  for (const event of recorded(kernel)) {
    const notable = notableMessage(event);
    if (notable === null) continue;
    const known = found.get(notable.fold);
    if (known === undefined) found.set(notable.fold, [notable.text, 1]);
    else known[1]++;
  }
  return [...found.values()];
}

it('6.12: a LOG rule, a full table, a flood, a link; nothing that a program wrote', () => {
  const texts = recorded('6.12').map(({ text }) => text);
  expect(texts[0]).toBe('kwho forged: IN=eth0 OUT= SRC=1.2.3.4 DST=1');
  expect(folded('6.12')).toEqual([
    [expect.stringMatching(/^kwho test: IN=v0 OUT= MAC=.* PROTO=UDP SPT=34434 DPT=9999 LEN=9 $/), 3],
    ['nf_conntrack: nf_conntrack: table full, dropping packet', 30],
    ['net_ratelimit: 189 callbacks suppressed', 3],
    ['TCP: request_sock_TCP: Possible SYN flooding on port 10.9.0.1:80. Sending cookies.', 1],
    ['bond0: (slave b0): link status definitely down, disabling slave', 1],
  ]);
});

it('7.2: neighbours, and a process killed for its memory', () => {
  expect(folded('7.2')).toEqual([
    ['neighbour: arp_cache: neighbor table overflow!', 10],
    [expect.stringMatching(/^Out of memory: Killed process 205 \(bash\) total-vm:4360kB/), 1],
  ]);
});

describe('what other kernels and drivers say', () => {
  it.each([
    'Memory cgroup out of memory: Killed process 12 (a b) total-vm:1kB, anon-rss:1kB',
    'Out of memory: Kill process 12 (x) score 900 or sacrifice child',
    'NETDEV WATCHDOG: eth0 (e1000): transmit queue 0 timed out',
    'e1000e 0000:00:1f.6 eno1: NETDEV WATCHDOG: CPU: 3: transmit queue 0 timed out 5000 ms',
    'e1000: eth0 NIC Link is Down',
    'r8169 0000:02:00.0 enp2s0: Link is Down',
    'eth0: link down',
    'nf_conntrack: table full, dropping packet',
    'IN= OUT=eth0 SRC=1.1.1.1 DST=2.2.2.2 LEN=60',
    'TCP: request_sock_TCPv6: Possible SYN flooding on port 80. Dropping request.  Check SNMP counters.',
  ])('%s', (text) => expect(notableMessage(message(text))).toMatchObject({ text }));

  it.each([
    'ata1: SATA link down (SStatus 0 SControl 300)',
    'IPv6: ADDRCONF(NETDEV_UP): eth0: link is not ready',
    'eth0: Link is Up - 1Gbps/Full - flow control off',
    'usb 1-1: new high-speed USB device',
    'INFO: MOUNTAIN=1 OUT=2',
    '',
  ])('nothing: %s', (text) => expect(notableMessage(message(text))).toBeNull());
});

it.each([
  ['IN=a OUT= SRC=1 ', 'IN=a OUT= SRC=2 ', true],
  ['x IN=a OUT= ', 'y IN=a OUT= ', false],
  ['IN=a OUT= ', 'IN=b OUT= ', false],
  ['a NIC Link is Down', 'b NIC Link is Down', false],
  ['NETDEV WATCHDOG: a (x): t', 'NETDEV WATCHDOG: b (x): t', false],
  ['Out of memory: Killed process 1 (a) ', 'Out of memory: Killed process 2 (a) ', true],
  ['x: 1 callbacks suppressed', 'y: 1 callbacks suppressed', false],
])('%j and %j are the same: %s', (one, other, same) => {
  const [a, b] = [one, other].map((text) => notableMessage(message(text))?.fold);
  expect(a).toBeDefined();
  expect(a === b).toBe(same);
});

it('takes any text, shows none that could do harm, and of several lines the first', () => {
  const bytes = fc.string({ unit: fc.nat(255).map((byte) => String.fromCharCode(byte)) });
  fc.assert(
    fc.property(bytes, bytes, (before, after) => {
      const notable = notableMessage(message(`${before}nf_conntrack: table full${after}`));
      expect(notable?.text).toMatch(/^[^\x00-\x1f\x7f]*$/);
    }),
  );
  expect(notableMessage(message('x IN=a OUT= b\nc'))?.text).toBe('x IN=a OUT= b');
  expect(notableMessage(message(`IN=a OUT= ${'x'.repeat(5000)}`))?.text.length).toBeLessThan(1000);
});
