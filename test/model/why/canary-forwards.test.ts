import { expect, it } from 'vitest';
import type { CanaryFacts } from '../../../src/decode/canary-facts.js';
import { parseForwardWord } from '../../../src/decode/log-config/forward.js';
import { type CanaryForward, canaryForwards, forwardHops } from '../../../src/model/why/canary-forwards.js';
import { daemon, healthy, uncollected, useRsyslog } from './facts.js';

const IMKMSG = 'module(load="imkmsg")\n';

it('copies that are due', () => {
  const of = (text: string) =>
    canaryForwards(
      healthy((facts) => useRsyslog(facts, text)),
      6,
    ).map(({ collector, to }) => `${collector} ${to}`);
  expect(of(`${IMKMSG}*.warn @a\n*.* @@b:1514\nuser.* /c`)).toEqual(['rsyslog b:1514']);
  // imklog alone passes no marker on.
  expect(of('module(load="imklog")\n*.* @a')).toEqual([]);
  const busybox = (...args: string[]) =>
    canaryForwards(
      uncollected((facts) => {
        facts.busybox.syslogd = daemon(266, 'syslogd', ...args);
        facts.busybox.klogd = daemon(267, 'klogd');
      }),
      6,
    ).map(({ to, port }) => `${to} ${port}`);
  expect(busybox('-R', 'log:5140')).toEqual(['log:5140 5140']);
  expect(busybox('-R', 'log', '-l', '5')).toEqual([]);
});

const packet = (transport: 'udp' | 'tcp', port: number) => ({ dst: '10.0.0.5', transport, port, delay: 12 });
const quiet = { packets: [], missed: 0 };

it.each<[string, string, Partial<CanaryFacts>, string]>([
  [
    'seen',
    '@log:5140',
    { sent: { packets: [packet('udp', 5140)], missed: 0 } },
    'arrived left this host for 10.0.0.5, UDP port 5140',
  ],
  ['never sent', '@log', { sent: quiet }, 'lost no packet with it left for UDP port 514'],
  [
    'sent to another port',
    '@log',
    { sent: { packets: [packet('udp', 515)], missed: 0 } },
    'lost no packet with it left for UDP port 514',
  ],
  ['not watched', '@log', { sent: 'EPERM' }, 'skipped what leaves this host cannot be watched: EPERM'],
  [
    'too many packets',
    '@log',
    { sent: { packets: [], missed: 7 } },
    'skipped 7 packets passed too fast to be looked at',
  ],
  [
    'compressed',
    '@(z9)log',
    { sent: quiet },
    'skipped no packet shows it: TLS or compression may hide it, or it waits in a queue',
  ],
  [
    'no connection',
    '@@log:6514',
    { sent: quiet, connected: [22] },
    'lost nothing here is connected to TCP port 6514',
  ],
  [
    'a connection, perhaps with TLS',
    '@@log:6514',
    { sent: quiet, connected: [6514] },
    'skipped no packet shows it: TLS or compression may hide it, or it waits in a queue',
  ],
])('%s', (_, word, seen, expected) => {
  const due: CanaryForward = { collector: 'rsyslog', ...parseForwardWord(word)! };
  const [hop] = forwardHops([due], { connected: null, ...seen } as CanaryFacts);
  expect(`${hop?.state} ${hop?.detail}`).toBe(expected);
});

it('a copy that no setting told of', () => {
  const sent = { packets: [packet('tcp', 6514)], missed: 0 };
  expect(forwardHops([], { sent, connected: null } as unknown as CanaryFacts)).toMatchObject([
    { hop: 'copy to 10.0.0.5', state: 'arrived', delay: 12 },
  ]);
});
