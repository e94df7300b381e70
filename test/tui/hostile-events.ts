import type { ByteString } from '../../src/decode/trace-record.js';
import type { KwhoEvent, LogAccessEvent, ProcessIdentity } from '../../src/model/events.js';

/** The network namespace that is called host. */
export const HOST_NETNS = 4026531840;

/** Text as the bytes in which a process name or a packet carries it. */
export function bytes(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Names that try to draw on the screen, to break out of their column, or to be wider than they look. */
export const HOSTILE_NAMES: readonly ByteString[] = [
  '{red-fg}x{/}',
  '\x1b[31;1mred',
  '\x1b]0;title\x07',
  'two\nlines',
  bytes('漢字かな'),
  bytes('👩‍👧🇩🇪👍🏽'),
  bytes('e\u0301te\u0301\u0301\u0301'),
  bytes('\u0301lone'),
  bytes('שלום'),
  bytes('\u202etxt.exe'),
  bytes('कि\u094dषि'),
  '\xff\xfe\x80',
  '',
];

/** Twenty seconds of a host on which the log is read, stolen and cleared, and packets are dropped. */
export function hostileEvents(): KwhoEvent[] {
  return [...logEvents(), ...dropEvents(), ...tellings()];
}

function logEvents(): LogAccessEvent[] {
  const reads = HOSTILE_NAMES.map((comm, i) =>
    access({ time: 1000 + i, comm, pid: 2000 + i, action: 'READ_ALL' }),
  );
  return [
    ...reads,
    access({ time: 1014, comm: 'klogd', pid: 300, door: '/proc/kmsg', action: 'read', effect: 'steals' }),
    access({ time: 1015.5, comm: 'dmesg', pid: 1376, action: 'CLEAR', effect: 'clears', process: CLEANER }),
    access({ time: 1016, comm: bytes('漢字かな'), pid: 77, effect: 'none', result: -1, errno: 'EPERM' }),
  ];
}

function access(event: Partial<LogAccessEvent>): LogAccessEvent {
  return {
    type: 'log-access',
    time: 1000,
    backend: 'function tracer',
    cpu: 0,
    pid: 1,
    tid: event.pid ?? 1,
    comm: 'init',
    door: 'syslog',
    action: 'READ_ALL',
    effect: 'reads',
    length: 4096,
    result: 100,
    errno: null,
    via: null,
    process: null,
    ...event,
  };
}

const CLEANER: ProcessIdentity = {
  pid: 1376,
  comm: 'dmesg',
  exe: '/usr/bin/dmesg',
  cmdline: ['dmesg', '-C'],
  uid: 0,
  loginuid: 1000,
  parents: [{ pid: 1375, comm: 'clean.sh', cmdline: ['/bin/sh', './clean.sh'] }],
  unit: 'session-3.scope',
  container: null,
};

function dropEvents(): KwhoEvent[] {
  return Array.from({ length: 18 }, (_, second) => second).flatMap((second): KwhoEvent[] => [
    count(second, 3 + second, 'suspect', 'tcp_v4_rcv', 'TCP_INVALID_SEQUENCE', 'eth0'),
    count(second, second % 5 === 0 ? 40 : 0, 'policy', 'nft_do_chain', 'NETFILTER_DROP', bytes('网卡0')),
    count(second, 2, 'noise', 'unix_dgram_sendmsg', 'NOT_SPECIFIED', '{bold}'),
    count(second, 1, 'suspect', '__udp4_lib_rcv', 'NO_SOCKET', '\x1b[2J'),
  ]);
}

function count(
  second: number,
  packets: number,
  verdict: 'suspect' | 'policy' | 'noise',
  symbol: string,
  reason: string,
  dev: ByteString,
): KwhoEvent {
  const location = {
    symbol,
    offset: 0x1f,
    module: symbol.startsWith('nft') ? 'nf_tables' : null,
    address: null,
  };
  return {
    type: 'drop-count',
    time: 1001 + second,
    backend: 'hist',
    from: 1000 + second,
    to: 1001 + second,
    key: { location, reason, dev, netns: HOST_NETNS, netnsName: null },
    count: packets,
    verdict,
  };
}

function tellings(): KwhoEvent[] {
  return [
    {
      type: 'kernel-message',
      time: 1012.25,
      backend: '/dev/kmsg',
      seq: 4711,
      level: 4,
      facility: 0,
      flags: '-',
      caller: null,
      text: 'nf_conntrack: nf_conntrack: table full, dropping packet',
      fields: {},
    },
    {
      type: 'lost',
      time: 1017,
      backend: 'function tracer',
      where: 'ring',
      count: 12,
      cpu: 1,
      what: 'events',
    },
  ];
}
