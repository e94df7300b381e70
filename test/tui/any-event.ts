import fc from 'fast-check';
import type { KwhoEvent } from '../../src/model/events.js';
import { dropEvent } from '../model/drops.js';
import { accessEvent, identity } from '../model/events.js';

/** Bytes that whoever is watched chooses. */
export const anyBytes = fc.oneof(
  fc.constantFrom('dmesg', 'eth0', '', '\x1b[31mred', '\xff\xfe'),
  fc.string({ unit: fc.nat(255).map((byte) => String.fromCharCode(byte)), maxLength: 12 }),
);

const anyTime = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 4000 }).map((tenths) => tenths / 10), weight: 8 },
  { arbitrary: fc.double(), weight: 1 },
);
const anyName = fc.option(anyBytes);
const verdict = fc.constantFrom('suspect', 'policy', 'noise');
const location = fc.record({
  symbol: fc.option(fc.constantFrom('tcp_v4_rcv', '__udp4_lib_rcv', 'nft_do_chain')),
  offset: fc.option(fc.nat(500)),
  module: fc.option(anyBytes),
  address: fc.constantFrom(null, '0xffffffff81b4ca75'),
});
const place = fc.record({
  location,
  reason: fc.option(fc.constantFrom('NO_SOCKET', 'NETFILTER_DROP', '7')),
  dev: anyName,
  ifindex: fc.option(fc.nat(9)),
  netns: fc.option(fc.nat(9)),
  netnsName: anyName,
});

const anyAccess = fc
  .record({
    time: fc.option(anyTime),
    pid: fc.option(fc.nat(20)),
    tid: fc.nat(20),
    comm: anyName,
    door: fc.constantFrom('syslog', '/proc/kmsg', '/dev/kmsg', 'kernel'),
    action: fc.constantFrom(
      'READ',
      'READ_ALL',
      'READ_CLEAR',
      'CLEAR',
      'CONSOLE_LEVEL',
      '77',
      'open',
      'read',
      null,
    ),
    effect: fc.constantFrom('clears', 'steals', 'reads', 'configures', 'writes', 'none', null),
    errno: fc.constantFrom(null, null, 'EPERM', 'EAGAIN', 'EINVAL', 'EPIPE'),
    result: fc.option(fc.integer({ min: -40, max: 5000 })),
    process: fc.option(fc.record({ comm: anyName, unit: anyName, container: anyName }).map(identity)),
  } as const)
  .map((known) => accessEvent(known));

export const anyCount = fc
  .record({
    key: place,
    from: anyTime,
    span: fc.constantFrom(0, 0.25, 1, 5),
    count: fc.nat(5000),
    verdict,
  } as const)
  .map(
    ({ key, from, span, count, verdict }): KwhoEvent => ({
      type: 'drop-count',
      backend: 'hist',
      time: from + span,
      from,
      to: from + span,
      key,
      count,
      verdict,
    }),
  );

const anyDrop = fc
  .record({
    place,
    time: fc.option(anyTime),
    comm: anyName,
    verdict,
    sport: fc.nat(65_535),
    hasFlow: fc.boolean(),
  } as const)
  .map(({ place, time, comm, verdict, sport, hasFlow }) => {
    const { flow } = dropEvent();
    return dropEvent({
      ...place,
      time,
      comm,
      verdict,
      flow: hasFlow && flow !== null ? { ...flow, sport } : null,
    });
  });

const anyMessage = fc
  .record({
    time: fc.option(anyTime),
    facility: fc.nat(2),
    text: fc.oneof(
      anyBytes,
      fc.constantFrom('nf_conntrack: nf_conntrack: table full, dropping packet', 'x IN=a OUT= '),
    ),
  })
  .map(
    (known): KwhoEvent => ({
      type: 'kernel-message',
      backend: '/dev/kmsg',
      seq: 1,
      level: 4,
      flags: '-',
      caller: null,
      fields: {},
      ...known,
    }),
  );

const anyLoss = fc
  .record({
    where: fc.constantFrom('ring', 'reader', 'table', 'stap', 'recording', 'identity'),
    count: fc.option(fc.nat(100)),
    what: anyBytes,
  } as const)
  .map((known): KwhoEvent => ({ type: 'lost', time: null, backend: 'hist', cpu: null, ...known }));

const anyNotice = fc
  .record({
    level: fc.constantFrom('info', 'warning', 'error'),
    code: fc.constantFrom('started', 'log-cleared', 'competing-readers', 'malformed'),
    text: anyBytes,
    details: fc.constantFrom({}, { hidden: 12 }, { hidden: 'x' }),
  } as const)
  .map((known): KwhoEvent => ({ type: 'notice', time: null, backend: 'kwho', hint: null, ...known }));

const anySummary = fc
  .record({
    lost: fc.nat(9),
    complete: fc.boolean(),
    backends: fc.array(anyBytes),
    blindSpots: fc.array(anyBytes),
  })
  .map((known): KwhoEvent => ({ type: 'summary', time: null, backend: 'hist', seen: 3, ...known }));

/** Any event of the union, damaged times among them. */
export const anyEvent: fc.Arbitrary<KwhoEvent> = fc.oneof(
  anyAccess,
  anyCount,
  anyDrop,
  anyMessage,
  anyLoss,
  anyNotice,
  anySummary,
);
