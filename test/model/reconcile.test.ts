import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reconcile } from '../../src/model/reconcile.js';
import type { CounterRise, SeenDrops } from '../../src/model/reconcile-loss.js';
import { LOSS_RULES } from '../../src/model/reconcile-rules.js';

/** One way of losing packets from namespace c to namespace s: what each kernel's kfree_skb said, and its counters. */
interface Scene {
  scene: string;
  drops: Record<string, [symbol: string, reason: string | null, count: number][]>;
  counters: { c: Record<string, number>; s: Record<string, number> };
}

const SCENES: Scene[] = JSON.parse(
  readFileSync(new URL('../fixtures/6.12/net/scenes.json', import.meta.url), 'utf8'),
);
const C = 4026532196;
const S = 4026532248;

/** What the kernel loses without telling anybody but its counters. */
const SILENT: Record<string, [netns: number, name: string, count: number][]> = {
  'tcp-close-with-unread-data': [[S, 'TcpExtTCPAbortOnClose', 1]],
  'listen-overflow': [[S, 'TcpExtListenOverflows', 12]],
  'tcp-short-connections-healthy': [[S, 'TcpExtListenOverflows', 1]],
  'syn-backlog-full': [[S, 'TcpExtListenDrops', 6]],
  'syn-queue-full-listen-2': [[S, 'TcpExtTCPReqQFullDrop', 7]],
  'out-no-routes': [[C, 'IpOutNoRoutes', 3]],
  // The sender does not wait: EAGAIN, and no packet was ever made.
  'sndbuf-eagain-behind-tbf': [[C, 'UdpSndbufErrors', 46]],
};

describe('measured on real kernels', () => {
  const cases = SCENES.flatMap((scene) =>
    Object.keys(scene.drops).map((kernel) => [scene.scene, kernel, scene] as const),
  );

  it.each(cases)('%s on %s', (name, kernel, scene) => {
    expect(unexplained(scene, kernel)).toEqual(SILENT[name] ?? []);
  });

  it('without any drop seen, what is lost shows', () => {
    const shown = SCENES.map(({ scene, counters }) => [
      scene,
      unexplained({ scene, drops: { none: [] }, counters }, 'none').map(([, counter]) => counter),
    ]);
    expect(Object.fromEntries(shown)).toMatchObject({
      'udp-closed-port': ['UdpNoPorts'],
      'nft-input-drop': [],
      'nft-output-drop': ['IpOutDiscards'],
      'forward-no-route': ['IpExtInNoRoutes'],
      'forwarding-disabled': ['IpInAddrErrors'],
      'rp_filter-strict': ['TcpExtIPReversePathFilter'],
      'ttl-expired-forward': ['IpInHdrErrors'],
      'udp-bad-checksum': ['UdpInCsumErrors'],
      'tcp-bad-checksum': ['TcpInCsumErrors'],
      'ip-bad-header-checksum': ['IpInHdrErrors'],
      'ip-truncated': ['IpExtInTruncatedPkts'],
      'udp-rcvbuf-overflow': ['UdpRcvbufErrors'],
      'socket-filter': ['UdpInErrors'],
      'ip-unknown-protocol-253': ['IpInUnknownProtos'],
      'qdisc-tbf-overflow': ['UdpSndbufErrors', 'UdpNoPorts'],
      'reasm-timeout': ['IpReasmTimeout'],
      'HEALTHY-udp-echo-20': [],
      'HEALTHY-tcp-200kB': [],
      'ping-healthy': [],
      'v6-out-no-route': [],
    });
  });
});

/** Whose drops, alone, explain a counter. */
it.each([
  ['UdpRcvbufErrors', ['udp-rcvbuf-overflow']],
  ['UdpInCsumErrors', ['udp-bad-checksum', 'udp-bad-checksum-open-port']],
  ['IpExtInNoRoutes', ['blackhole-route', 'forward-no-route', 'unreachable-route']],
  ['TcpExtIPReversePathFilter', ['rp_filter-strict']],
  ['IpInUnknownProtos', ['ip-unknown-protocol-253']],
  ['IpReasmTimeout', ['reasm-timeout']],
  // Where no reason is given in particular, it may have been this one.
  ['TcpInCsumErrors', ['backlog', 'tcp-bad-checksum', 'tcp-short-connections-healthy']],
])('%s is explained by the drops of %j', (counter, expected) => {
  const explaining = SCENES.filter(({ drops }) => {
    const seen = (drops['6.12'] ?? []).map(([symbol, reason]) => ({
      symbol,
      reason,
      count: 1,
      netns: null,
      dev: null,
    }));
    return reconcile({ drops: seen, counters: [rise(S, { [counter]: 1 })] }).unexplained.length === 0;
  });
  expect(explaining.map(({ scene }) => scene).sort()).toEqual(expected);
});

describe('counting', () => {
  const udpDrop = (netns: number | null, count: number): SeenDrops => ({
    reason: 'SOCKET_RCVBUFF',
    symbol: 'udp_queue_rcv_one_skb',
    netns,
    dev: null,
    count,
  });
  const rcvbuf = (netns: number, count: number) =>
    rise(netns, { UdpRcvbufErrors: count, UdpInErrors: count });

  it('tells what is left when a part is explained, and counts no part twice', () => {
    const { explained, unexplained } = reconcile({ drops: [udpDrop(S, 5)], counters: [rcvbuf(S, 12)] });
    expect(unexplained).toMatchObject([{ netns: S, name: 'UdpRcvbufErrors', count: 7 }]);
    expect(explained).toEqual([]);
  });

  it('an explained counter is told as such', () => {
    const result = reconcile({ drops: [udpDrop(S, 5)], counters: [rcvbuf(S, 5)] });
    expect(result).toEqual({ explained: [{ netns: S, name: 'UdpRcvbufErrors', count: 5 }], unexplained: [] });
  });

  it('an IPv6 option that nobody knows is counted as a broken header', () => {
    const drop = { reason: 'UNHANDLED_PROTO', netns: S, dev: null, count: 3 };
    const unexplained = (symbol: string) =>
      reconcile({ drops: [{ ...drop, symbol }], counters: [rise(S, { Ip6InHdrErrors: 3 })] }).unexplained;
    expect(unexplained('ip6_tlvopt_unknown')).toEqual([]);
    expect(unexplained('__netif_receive_skb_core')).toHaveLength(1);
  });

  it('a drop whose namespace is not known explains one loss, wherever it is', () => {
    const counters = [rcvbuf(C, 3), rcvbuf(S, 4)];
    expect(reconcile({ drops: [udpDrop(null, 7)], counters }).unexplained).toEqual([]);
    const { unexplained } = reconcile({ drops: [udpDrop(null, 5)], counters });
    expect(unexplained.map(({ count }) => count)).toEqual([2]);
  });

  it('a drop counted by the namespace it was on its way to', () => {
    expect(reconcile({ drops: [udpDrop(C, 4)], counters: [rcvbuf(S, 4)] }).unexplained).toEqual([]);
    expect(
      reconcile({ drops: [udpDrop(C, 4)], counters: [rcvbuf(C, 4), rcvbuf(S, 1)] }).unexplained,
    ).toMatchObject([{ netns: S, count: 1 }]);
  });

  it('lost drops explain what the kernel would have told, and nothing else', () => {
    const counters = [
      rise(S, { UdpRcvbufErrors: 9, UdpInErrors: 9, TcpExtListenOverflows: 3, TcpExtListenDrops: 3 }),
    ];
    expect(reconcile({ drops: [], counters, lost: 100 }).unexplained).toMatchObject([
      { name: 'TcpExtListenOverflows', count: 3 },
    ]);
  });

  it('the largest first', () => {
    const counters = [
      rise(S, { UdpNoPorts: 2, TcpExtListenOverflows: 30, TcpExtListenDrops: 30 }),
      rcvbuf(C, 12),
    ];
    const names = reconcile({ drops: [], counters }).unexplained.map(({ name }) => name);
    expect(names).toEqual(['TcpExtListenOverflows', 'UdpRcvbufErrors', 'UdpNoPorts']);
  });

  it("a CPU's backlog belongs to the whole host", () => {
    const drop = { reason: 'CPU_BACKLOG', symbol: 'enqueue_to_backlog', netns: S, dev: 'vs', count: 5 };
    const counters = [rise(C, { 'softnet dropped': 5 }), rise(S, {})];
    expect(reconcile({ drops: [drop], counters }).unexplained).toEqual([]);
    expect(reconcile({ drops: [], counters }).unexplained).toMatchObject([
      { name: 'softnet dropped', count: 5 },
    ]);
  });

  it('what IPsec blocks is told where no packet was made, and not where one was dropped', () => {
    const counters = [rise(C, { XfrmOutPolBlock: 2 }), rise(S, {})];
    const drop = { reason: 'XFRM_POLICY', symbol: 'ip_forward', netns: C, dev: 'vc', count: 2 };
    expect(reconcile({ drops: [], counters }).unexplained).toMatchObject([
      { netns: C, name: 'XfrmOutPolBlock', count: 2 },
    ]);
    expect(reconcile({ drops: [drop], counters }).unexplained).toEqual([]);
  });

  it('is total, never invents and never tells more than was counted', () => {
    const names = LOSS_RULES.map(({ counter }) => counter);
    const drop = fc.record({
      reason: fc.constantFrom(null, 'NOT_SPECIFIED', 'NO_SOCKET', 'SOCKET_RCVBUFF', 'QDISC_DROP', 'X'),
      symbol: fc.constantFrom(null, 'udp_queue_rcv_one_skb.isra.0', '__dev_queue_xmit', 'ip_rcv_core', ''),
      netns: fc.constantFrom(null, C, S),
      dev: fc.constantFrom(null, 'vc', 'vs'),
      count: fc.nat(20),
    });
    const counters = fc.dictionary(fc.constantFrom(...names), fc.nat(20));
    const devices = fc.dictionary(
      fc.constantFrom('vc', 'vs'),
      fc.dictionary(fc.constantFrom('rx_dropped', 'rx_errors', 'tx_errors', 'rx_missed_errors'), fc.nat(20)),
    );
    fc.assert(
      fc.property(fc.array(drop), counters, counters, devices, (drops, c, s, devs) => {
        const rises = [rise(C, c), rise(S, s, devs)];
        const { explained, unexplained } = reconcile({ drops, counters: rises });
        for (const { netns, name, count } of [...explained, ...unexplained]) {
          const [dev, counter] = name.split(' ') as [string, string];
          const of = rises.find((each) => each.netns === netns) as CounterRise;
          const risen = of.counters.get(name) ?? of.devices.get(dev)?.get(counter) ?? 0;
          expect(count).toBeGreaterThan(0);
          expect(count).toBeLessThanOrEqual(risen);
        }
        const told = [...explained, ...unexplained].map(({ netns, name }) => `${netns} ${name}`);
        expect(new Set(told).size).toBe(told.length);
        expect(reconcile({ drops: [], counters: [rise(C, {}), rise(S, {})] }).unexplained).toEqual([]);
      }),
    );
  });
});

it('every counter has one rule, with plain words', () => {
  const names = LOSS_RULES.map(({ counter }) => counter);
  expect(new Set(names).size).toBe(names.length);
  const real = new Set(
    ['net/nstat-az.txt', 'xfrm_stat.txt'].flatMap((file) =>
      readFileSync(new URL(`../fixtures/6.12/${file}`, import.meta.url), 'latin1')
        .split('\n')
        .map((line) => line.split(/\s/)[0]),
    ),
  );
  // nstat has no name for it.
  expect(names.filter((name) => !real.has(name))).toEqual(['softnet dropped']);
  for (const { what, next } of LOSS_RULES) expect(what.length * next.length).toBeGreaterThan(0);
});

function unexplained({ drops, counters }: Scene, kernel: string): [number, string, number][] {
  const seen = (drops[kernel] ?? []).map(([symbol, reason, count]) => ({
    symbol,
    reason,
    count,
    netns: null,
    dev: null,
  }));
  const result = reconcile({ drops: seen, counters: [rise(C, counters.c), rise(S, counters.s)] });
  return result.unexplained.map(({ netns, name, count }) => [netns, name, count]);
}

function rise(
  netns: number,
  counters: Record<string, number>,
  devices: Record<string, Record<string, number>> = {},
): CounterRise {
  return {
    netns,
    counters: new Map(Object.entries(counters)),
    devices: new Map(Object.entries(devices).map(([dev, values]) => [dev, new Map(Object.entries(values))])),
  };
}
