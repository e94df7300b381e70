import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NetEvidence } from '../../src/host/net-evidence.js';
import type { CheckRequest, DropPlace } from '../../src/host/net-world.js';
import type { NetworkNamespace } from '../../src/host/netns.js';
import { FakeNet } from './net-fake.js';
import { netFixture } from './net-fixture.js';

const COUNTED = ['snmp', 'snmp6', 'netstat', 'dev', 'udp', 'udp6', 'tcp', 'tcp6', 'raw', 'packet'];

const NONE: ReadonlySet<number> = new Set();

let net: FakeNet;
let netns: NetworkNamespace;
let place: DropPlace;
let evidence: NetEvidence;

beforeEach(() => {
  net = new FakeNet();
  netns = net.living(200, 77);
  place = {
    netns,
    dev: 'vs',
    ifindex: 2,
    flow: { family: 'ipv4', proto: 'udp', src: '10.0.0.1', dst: '10.0.0.2', sport: 4444, dport: 5001 },
  };
});
afterEach(() => net.remove());

/** A namespace of a guest before and after it lost packets, five seconds apart; rules and queues from two moments too. */
async function watch(loss: () => void = () => {}): Promise<void> {
  counted('before');
  net.put('200/net/stat/nf_conntrack', netFixture('nf_conntrack.before'));
  net.put('net/softnet_stat', '00000010 00000002 00000003\n0000001f 00000000 00000000\n');
  evidence = await NetEvidence.start(net.world, [netns]);
  await settled();
  counted('after');
  net.put('200/net/stat/nf_conntrack', netFixture('nf_conntrack.after'));
  loss();
  net.now += 5000;
}

function counted(when: 'before' | 'after'): void {
  for (const file of COUNTED) net.put(`200/net/${file}`, netFixture(`${file}.${when}`));
}

/** What goes on by itself has had its turn. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function told(request: CheckRequest, at: Partial<DropPlace> = {}): Promise<string[]> {
  const lines = await evidence.check(request, { ...place, ...at });
  expect(lines.every(({ kind }) => kind === request.kind)).toBe(true);
  return lines.map(({ moved, text }) => `${moved ? '*' : '-'} ${text}`);
}

describe('counters', () => {
  it('those that rose, and together those that did not; unknown ones are left out', async () => {
    await watch();
    expect(
      await told({ kind: 'counter', names: ['UdpRcvbufErrors', 'UdpMemErrors', 'UdpInCsumErrors', 'No'] }),
    ).toEqual([
      '* UdpRcvbufErrors rose by 307 in 5 s',
      '- UdpMemErrors and UdpInCsumErrors did not move in 5 s',
    ]);
    const [line] = await evidence.check({ kind: 'counter', names: ['UdpRcvbufErrors'] }, place);
    expect(line.command).toBe('nsenter -t 200 -n nstat -az UdpRcvbufErrors');
  });

  it("IPsec's own, of which one is enough", async () => {
    const before = readFileSync(new URL('../fixtures/6.12/xfrm_stat.txt', import.meta.url), 'latin1');
    net.put('200/net/xfrm_stat', before);
    await watch(() => net.put('200/net/xfrm_stat', before.replace(/^(XfrmInNoStates\s+)0$/m, '$13')));
    const names = ['XfrmInNoStates', 'XfrmInStateProtoError'];
    expect(await told({ kind: 'counter', names })).toEqual(['* XfrmInNoStates rose by 3 in 5 s']);
    expect(await told({ kind: 'counter', names: ['XfrmInError', 'XfrmOutError'] })).toEqual([
      '- XfrmInError and XfrmOutError did not move in 5 s',
    ]);
    const [line] = await evidence.check({ kind: 'counter', names }, place);
    expect(line.command).toBe('nsenter -t 200 -n cat /proc/net/xfrm_stat');
  });

  it('of a namespace where nobody lives', async () => {
    netns = net.named('red');
    place = { ...place, netns };
    const files = (when: string) =>
      Object.fromEntries(COUNTED.map((file) => [`net/${file}`, netFixture(`${file}.${when}`)]));
    net.answerCat(files('before'));
    evidence = await NetEvidence.start(net.world, [netns]);
    await settled();
    net.answerCat(files('after'));
    net.now = 9000;
    expect(await told({ kind: 'counter', names: ['UdpNoPorts'] })).toEqual(['* UdpNoPorts rose by 1 in 9 s']);
    const [line] = await evidence.check({ kind: 'counter', names: ['UdpNoPorts'] }, place);
    expect(line.command).toBe('ip netns exec red nstat -az UdpNoPorts');
  });

  it('what rose in each namespace, at the end', async () => {
    await watch();
    const { rises, left } = await evidence.finish(NONE, 2000);
    const [rise, ...others] = rises;
    expect([others, left]).toEqual([[], 0]);
    expect(rise).toMatchObject({ netns, milliseconds: 5000, malformed: 0 });
    expect(rise.counters.get('UdpRcvbufErrors')).toBe(307);
    expect(rise.devices.get('vs')?.get('rx_dropped')).toBe(0);
    expect(rise.conntrack.get('drop')).toBe(16);
    // From here on nothing moves.
    counted('before');
    net.now += 60_000;
    expect(await told({ kind: 'counter', names: ['UdpNoPorts'] })).toEqual(['* UdpNoPorts rose by 1 in 5 s']);
  });

  it("the host's own namespace has the CPUs' backlogs among them", async () => {
    for (const file of COUNTED) net.put(`net/${file}`, netFixture(`${file}.before`));
    net.put('net/softnet_stat', '00000010 00000002 00000003\n');
    evidence = await NetEvidence.start(net.world, [net.own(), netns]);
    net.put('net/softnet_stat', '00000010 00000006 00000003\n');
    expect((await evidence.finish(NONE, 2000)).rises[0].counters.get('softnet dropped')).toBe(4);
  });
});

describe('a host with many namespaces', () => {
  /** Two hundred, kwho's own last. */
  function crowd(): NetworkNamespace[] {
    const all: NetworkNamespace[] = [];
    for (let i = 0; i < 199; i++) {
      all.push(net.living(1000 + i, 5000 + i));
      net.put(`${1000 + i}/net/snmp`, netFixture('snmp.before'));
    }
    net.put('net/snmp', netFixture('snmp.before'));
    return [...all, net.own()];
  }
  const inums = (rises: readonly { netns: NetworkNamespace }[]) => rises.map(({ netns: { inum } }) => inum);

  it('all of them, where there is time', async () => {
    evidence = await NetEvidence.start(net.world, crowd());
    const { rises, left } = await evidence.finish(NONE, 2000);
    expect([rises.length, left]).toEqual([200, 0]);
  });

  it('at the end, the own one and those with drops are looked into first; what is left is counted', async () => {
    const all = crowd();
    evidence = await NetEvidence.start(net.world, all);
    net.tick = 1;
    const { rises, left } = await evidence.finish(new Set([5150, 5042]), 100);
    expect(inums(rises).slice(0, 3)).toEqual([1, 5042, 5150]);
    expect(rises.length).toBeLessThan(100);
    expect(rises.length + left).toBe(200);
  });

  it('new ones are looked at as far as there is time, and then the next time', async () => {
    const all = crowd();
    net.tick = 1;
    evidence = await NetEvidence.start(net.world, []);
    evidence.follow(all, new Set([5150]));
    const first = await evidence.finish(NONE, 60_000);
    expect(inums(first.rises).slice(0, 2)).toEqual([1, 5150]);
    expect(first.left).toBeGreaterThan(0);
    evidence = await NetEvidence.start(net.world, []);
    for (let i = 0; i < 10; i++) evidence.follow(all);
    expect((await evidence.finish(NONE, 60_000)).left).toBe(0);
  });

  it('of those where nobody lives, few: a program is sent into each', async () => {
    net.answerCat({ 'net/snmp': netFixture('snmp.before') });
    const all = Array.from({ length: 100 }, (_, i) => ({ ...net.named(`n${i}`), inum: 6000 + i }));
    const some = all.slice(0, 40);
    evidence = await NetEvidence.start(net.world, some);
    // One that came late and drops is let in; asked about, any other is too.
    evidence.follow(all, new Set([6099]));
    const { rises, left } = await evidence.finish(new Set([6099]), 2000);
    expect(inums(rises)).toContain(6099);
    expect([rises.length, left]).toEqual([17, 83]);
    const at = { ...place, netns: all[70]! };
    expect(await evidence.check({ kind: 'counter', names: ['UdpNoPorts'] }, at)).toMatchObject([
      { text: 'UdpNoPorts did not move in 0 s' },
    ]);
  });

  it('programs that hang do not hold up the end', async () => {
    net.world.command = async (file, args) => {
      net.asked.push([file, ...args]);
      net.now += 2000;
      return { outcome: 'timeout' };
    };
    const all = Array.from({ length: 16 }, (_, i) => ({ ...net.named(`n${i}`), inum: 6000 + i }));
    evidence = await NetEvidence.start(net.world, all);
    const { rises, left } = await evidence.finish(NONE, 2000);
    expect([rises, left]).toEqual([[], 16]);
    // Those that were under way, and none after them.
    expect(net.asked.length).toBeLessThan(6);
  });
});

describe('settings', () => {
  it('with what they mean; the interface may have dots; what the namespace does not have is the host’s', async () => {
    net.put('sys/net/core/rmem_max', '212992\n');
    net.answerCat({
      'sys/kernel/osrelease': '6.12\n',
      'sys/net/ipv4/conf/eth0.5/rp_filter': '1\n',
      'sys/net/ipv4/tcp_rmem': '4096\t131072\t6291456\n',
    });
    await watch();
    const names = ['net.ipv4.conf.{dev}.rp_filter', 'net.ipv4.tcp_rmem', 'net.core.rmem_max', 'net.none'];
    expect(await told({ kind: 'sysctl', names }, { dev: 'eth0.5' })).toEqual([
      '* net.ipv4.conf.eth0/5.rp_filter = 1 (strict)',
      '- net.ipv4.tcp_rmem = 4096 131072 6291456',
      '- net.core.rmem_max = 212992',
    ]);
  });

  it('a namespace that cannot be read has not the settings of the host', async () => {
    net.put('sys/net/ipv4/ip_forward', '0\n');
    await watch();
    expect(await told({ kind: 'sysctl', names: ['net.ipv4.ip_forward'] })).toEqual([]);
  });

  it.each(['..', '../../../kernel', 'a/b', '-x', '', 'x'.repeat(16), 'a b', null])(
    'no interface: %j',
    async (dev) => {
      net.put('sys/net/ipv4/conf/rp_filter', '1\n');
      net.answerCat({ 'sys/kernel/osrelease': '6.12\n', 'sys/net/ipv4/conf/../rp_filter': '1\n' });
      await watch();
      expect(await told({ kind: 'sysctl', names: ['net.ipv4.conf.{dev}.rp_filter'] }, { dev })).toEqual([]);
    },
  );
});

const IN_VRF =
  '* s0 is in a VRF: sockets that are not bound to it get none of its packets, as net.ipv4.udp_l3mdev_accept is 0';

describe('sockets', () => {
  beforeEach(() => {
    net.put('200/comm', 'python3\n');
    mkdirSync(join(net.world.proc, '200/fd'));
    for (const [fd, inode] of [2336, 2338].entries())
      symlinkSync(`socket:[${inode}]`, join(net.world.proc, `200/fd/${fd}`));
    net.put('sys/net/core/rmem_default', '212992\n');
    net.answerCat({ 'sys/kernel/osrelease': '6.12\n' });
  });

  it('the one that the flow is for', async () => {
    await watch();
    expect(await told({ kind: 'socket' })).toEqual([
      '* python3[200] 10.0.0.2:5001 has 214,272 bytes queued (the usual buffer, net.core.rmem_default, is 212,992); 307 drops on this socket, 307 of them in 5 s',
    ]);
  });

  it('with its buffer, where ss can ask for it without loading anything', async () => {
    net.putAt('sys/module/udp_diag/refcnt', '0\n');
    net.answers['ss -H -uanme sport = :5001'] = netFixture('ss-u.txt');
    await watch();
    expect(await told({ kind: 'socket' })).toEqual([
      '* python3[200] 10.0.0.2:5001 has 214,272 of 212,992 bytes queued; 307 drops on this socket, 307 of them in 5 s',
    ]);
  });

  it('without a flow, those that refused packets meanwhile', async () => {
    await watch();
    expect(await told({ kind: 'socket' }, { flow: null })).toEqual([
      expect.stringMatching(
        /^\* (python3\[200\] 10\.0\.0\.2:5001|a socket whose program was not found, \[::\]:5002) has .* 307 of them in 5 s$/,
      ),
      expect.stringMatching(/307 of them in 5 s$/),
    ]);
  });

  it('one outside of the VRF that the packets come by', async () => {
    net.answerCat({ 'sys/kernel/osrelease': '6.12\n', 'sys/net/ipv4/udp_l3mdev_accept': '0\n' });
    net.answers['ip -d -j link show dev s0'] = netFixture('link-vrf-member.json');
    await watch(() => net.put('200/net/udp', netFixture('udp.after').replace(/\b307\b/g, '0')));
    const lines = await told({ kind: 'socket' }, { dev: 's0' });
    expect(lines).toEqual([expect.stringContaining('python3[200] 10.0.0.2:5001 has'), IN_VRF]);
  });

  it('who does not accept', async () => {
    net.putAt('sys/module/tcp_diag/refcnt', '0\n');
    net.answers['ss -H -tanme sport = :80'] = netFixture('ss-t.txt');
    await watch();
    const flow = { ...place.flow!, proto: 'tcp', dport: 80 };
    expect(await told({ kind: 'socket' }, { flow })).toEqual([
      '* python3[200] listens on 0.0.0.0:80 with 2 connections waiting to be accepted, limit 1',
    ]);
    const connected = { ...flow, sport: 0xa2cc };
    expect(await told({ kind: 'socket' }, { flow: connected })).toEqual([
      expect.stringMatching(/^- a socket that no program holds, 10\.0\.0\.2:80 has 1 byte queued/),
    ]);
  });

  it('nobody', async () => {
    await watch();
    const at = (change: object) => ({ flow: { ...place.flow!, ...change } });
    expect(await told({ kind: 'socket' }, at({ dport: 9 }))).toEqual([
      '* no udp socket is bound to 10.0.0.2:9 here',
    ]);
    expect(await told({ kind: 'socket' }, at({ dst: '10.0.0.3' }))).toEqual([
      '* no udp socket is bound to 10.0.0.3:5001 here',
      '* python3[200] is bound to 10.0.0.2:5001 only',
    ]);
    expect(await told({ kind: 'socket' }, at({ proto: 'tcp', dport: 81 }))).toEqual([
      '* no tcp socket listens on or is connected to 10.0.0.2:81 here',
    ]);
  });

  /** Sockets made from the fixture's line of 10.0.0.2:5001, by its changes. */
  function sockets(proto: 'udp' | 'tcp', ...changes: [from: string, to: string][]): void {
    let line = netFixture('udp.after').split('\n')[1]!;
    for (const [from, to] of changes) line = line.replace(from, to);
    for (const file of ['udp', 'udp6', 'tcp', 'tcp6'])
      net.put(`200/net/${file}`, `head\n${file === proto ? line : ''}\n`);
  }

  it('those of the same port that are for others', async () => {
    await watch();
    sockets('udp', ['0200000A:1389', '0100007F:1389']);
    expect(await told({ kind: 'socket' })).toEqual([
      '* no udp socket is bound to 10.0.0.2:5001 here',
      '* python3[200] is bound to 127.0.0.1:5001 only',
    ]);
    sockets('udp', ['00000000:0000', '0900000A:0035']);
    expect(await told({ kind: 'socket' })).toEqual([
      '* python3[200] is bound to 10.0.0.2:5001, and takes packets from 10.0.0.9:53 only',
    ]);
    const flow = { ...place.flow!, proto: 'tcp' };
    sockets('tcp', ['0200000A:1389', '0100007F:1389'], [' 07 ', ' 0A ']);
    expect(await told({ kind: 'socket' }, { flow })).toEqual([
      '* no tcp socket listens on or is connected to 10.0.0.2:5001 here',
      '* python3[200] listens on 127.0.0.1:5001 only',
    ]);
    // A connection of another pair takes nothing and is no service.
    sockets('tcp', ['00000000:0000', '0900000A:0035'], [' 07 ', ' 01 ']);
    expect(await told({ kind: 'socket' }, { flow })).toEqual([
      '* no tcp socket listens on or is connected to 10.0.0.2:5001 here',
    ]);
  });

  it('one for another interface, and one for IPv6 alone', async () => {
    net.putAt('sys/module/udp_diag/refcnt', '0\n');
    await watch();
    const toldOf = async (line: number, dev = 'vs') => {
      const ss = netFixture('ss-u-bound.txt')
        .split('\n')
        .slice(line, line + 2)
        .join('\n');
      net.answers['ss -H -uanme sport = :5001'] = ss.replace(/ino:\d+/, 'ino:2336');
      return told({ kind: 'socket' }, { dev });
    };
    expect(await toldOf(0)).toEqual([
      expect.stringMatching(/^\* python3\[200\] 10\.0\.0\.2:5001 has .*; it takes packets of dm0 only$/),
    ]);
    expect(await toldOf(2)).toEqual([expect.stringMatching(/; it takes IPv6 only$/)]);
    expect(await toldOf(0, 'dm0')).toEqual([expect.not.stringContaining('only')]);
  });

  it('the one that a flow comes from', async () => {
    await watch();
    const { src, dst, sport, dport } = place.flow!;
    const flow = { ...place.flow!, src: dst, dst: src, sport: dport, dport: sport };
    expect(await told({ kind: 'sender' }, { flow })).toEqual(['- python3[200] sends from 10.0.0.2:5001']);
    // One of another host, and one whose socket is gone.
    expect(await told({ kind: 'sender' })).toEqual([]);
    expect(await told({ kind: 'sender' }, { flow: { ...flow, sport: 9 } })).toEqual([]);
    expect(await told({ kind: 'sender' }, { flow: null })).toEqual([]);
  });

  it('a socket for every IPv6 address takes IPv4 too', async () => {
    await watch();
    const flow = { ...place.flow!, dport: 5002 };
    expect(await told({ kind: 'socket' }, { flow })).toEqual([
      expect.stringContaining('[::]:5002 has 214,272'),
    ]);
  });
});

describe('rules', () => {
  beforeEach(() => net.putAt('sys/module/nf_tables/refcnt', '0\n'));
  const NFT = 'nft -a -t list ruleset';

  it('those that counted, the most first, then those that do not count', async () => {
    net.answers[NFT] = netFixture('nft.before');
    net.put('200/net/ip_tables_names', 'filter\n');
    net.answers['iptables-legacy-save -c'] = netFixture('iptables-legacy.before');
    await watch(() => {
      net.answers[NFT] = netFixture('nft.after');
      net.answers['iptables-legacy-save -c'] = netFixture('iptables-legacy.after');
    });
    const lines = await told({ kind: 'rules' });
    expect(lines).toEqual([
      "* rule in table ip filter chain INPUT handle 2 'udp dport 7001 counter drop' counted +5 packets in 5 s",
      `* rule in iptables table filter '-A INPUT -p udp -m udp --dport 7001 -m comment --comment "say \\"drop\\"" -j DROP' counted +5 packets in 5 s`,
      `* rule in table inet filter chain input handle 9 'udp dport 5003 counter drop comment "no; drop } here"' counted +4 packets in 5 s`,
      `* rule in table inet filter chain input handle 13 'udp dport 5004 counter name "bad" drop' counted +3 packets in 5 s`,
      "* rule in table inet filter chain input handle 11 'udp dport { 6001, 6002 } counter reject' counted +2 packets in 5 s",
      '- table inet filter chain input drops by policy what comes to its end (hook input), and does not count it',
      "- rule in table inet filter chain input handle 12 'ip saddr @blocked drop', and does not count it",
      "- rule in table inet filter chain input handle 15 'tcp dport vmap { 22 : accept, 23 : drop }', and does not count it",
    ]);
    const commands = (await evidence.check({ kind: 'rules' }, place)).map(({ command }) => command);
    expect(commands.slice(0, 2)).toEqual([
      'nsenter -t 200 -n nft -a list chain ip filter INPUT',
      'nsenter -t 200 -n iptables-legacy-save -c',
    ]);
  });

  it('a rule that came meanwhile began at zero', async () => {
    net.answers[NFT] = '';
    await watch(() => {
      net.answers[NFT] = netFixture('nft.after');
    });
    expect((await told({ kind: 'rules' }))[0]).toContain('counted +5 packets in 5 s');
  });

  it('where nobody looked in time, numbers are from the beginning, and have not moved', async () => {
    await watch(() => {
      net.answers[NFT] = netFixture('nft.after');
    });
    // The first look failed: nft was not there.
    expect((await told({ kind: 'rules' }))[0]).toContain('counted 5 packets since it was made');
  });

  it.each<[string | undefined, string]>([
    [undefined, '- could not look at the rules: nft is not installed'],
    ['', '- no nft or iptables rule drops or rejects here'],
  ])('nft says %j', async (answer, line) => {
    if (answer !== undefined) net.answers[NFT] = answer;
    await watch();
    expect(await told({ kind: 'rules' })).toEqual([line]);
  });

  it('an nft from before it could leave out the elements of sets', async () => {
    net.answers[NFT] = { outcome: 'done', status: 1, stdout: '', stderr: "nft: invalid option -- 't'\n" };
    net.answers['nft -a list ruleset'] = netFixture('nft.before');
    await watch(() => {
      net.answers['nft -a list ruleset'] = netFixture('nft.after');
    });
    expect((await told({ kind: 'rules' }))[0]).toContain('counted +5 packets in 5 s');
  });

  it('a kernel without nf_tables is not asked, since that would load it', async () => {
    net = new FakeNet();
    netns = net.living(200, 77);
    place = { ...place, netns };
    await watch();
    expect(await told({ kind: 'rules' })).toEqual(['- no nft or iptables rule drops or rejects here']);
    expect(net.asked.filter((words) => words.includes('nft'))).toEqual([]);
  });
});

describe('queues', () => {
  const TC = 'tc -j -s qdisc show';

  it('which dropped, and what bounds it', async () => {
    net.answers[TC] = netFixture('tc.before');
    await watch(() => {
      net.answers[TC] = netFixture('tc.after');
    });
    const line =
      '* qdisc tbf 8002: root on vc dropped 17 packets in 5 s (rate 8,000 bit/s, 1 packet waiting)';
    expect(await told({ kind: 'qdisc' }, { dev: 'vc' })).toEqual([line]);
    expect(await told({ kind: 'qdisc' }, { dev: null })).toEqual([line]);
    expect(await told({ kind: 'qdisc' }, { dev: 'lo' })).toEqual([
      '- qdisc noqueue 0: root on lo dropped nothing in 5 s',
    ]);
  });

  it('where nobody looked in time, the number is from the beginning', async () => {
    await watch(() => {
      net.answers[TC] = netFixture('tc.after');
    });
    expect(await told({ kind: 'qdisc' }, { dev: 'vc' })).toEqual([
      '- qdisc tbf 8002: root on vc has dropped 17 packets since it was made (rate 8,000 bit/s, 1 packet waiting)',
    ]);
  });

  it.each([
    [9000, '* qdisc tbf 8002: root on vc dropped 17 packets in 6 s'],
    // Most of the drops may have been before it.
    [4000, '- qdisc tbf 8002: root on vc has dropped 17 packets since it was made'],
  ])('the time is from when tc had answered, if that was early enough: until %j', async (until, line) => {
    counted('before');
    net.now = 1000;
    net.answers[TC] = netFixture('tc.before');
    const slow = { ...net.world, now: () => net.now };
    slow.command = async (file, args) => {
      const result = await net.world.command(file, args);
      net.now = Math.max(net.now, 3000);
      return result;
    };
    evidence = await NetEvidence.start(slow, [netns]);
    await settled();
    net.answers[TC] = netFixture('tc.after');
    net.now = until;
    expect(await told({ kind: 'qdisc' }, { dev: 'vc' })).toEqual([expect.stringContaining(line)]);
  });

  it.each([
    ['tc-fq_codel.json', 'fq_codel', '(limit 100, drops early where packets wait too long)'],
    ['tc-netem.json', 'netem', '(limit 20, told to lose 10 %)'],
    ['tc-pfifo_fast.json', 'pfifo_fast', 'in 5 s'],
  ])('what bounds it: %s', async (fixture, kind, bounds) => {
    // Of a single interface, tc leaves out its name.
    const all = netFixture(fixture).replace('"root"', '"dev":"vc","root"');
    net.answers[TC] = all;
    await watch(() => {
      net.answers[TC] = all.replace('"drops":0', '"drops":3');
    });
    const [line] = await told({ kind: 'qdisc' }, { dev: 'vc' });
    expect(line).toMatch(new RegExp(`^\\* qdisc ${kind} .* on vc dropped 3 packets in 5 s`));
    expect(line.endsWith(bounds)).toBe(true);
  });

  it('tc that is not there', async () => {
    await watch();
    expect(await told({ kind: 'qdisc' })).toEqual(['- could not look at the queues: tc is not installed']);
  });
});

const NO_ROUTE = 'RTNETLINK answers: Network is unreachable\n';

describe('link', () => {
  const LINK = 'ip -d -j link show dev vs';

  it.each([
    ['link-down.json', 'vs', '* vs is down, mtu 1500 and counted no loss in 5 s'],
    ['link-nocarrier.json', 'vs', '* vs is up without a carrier, mtu 1500 and counted no loss in 5 s'],
    ['link-dev.json', 'vs', '- vs is up, mtu 1500 and counted no loss in 5 s'],
  ])('%s', async (fixture, dev, line) => {
    net.answers[LINK] = netFixture(fixture);
    await watch();
    expect(await told({ kind: 'link' }, { dev })).toEqual([line]);
  });

  it.each([
    [
      'link-bridge-port.json',
      's0',
      '* s0 is a port of the bridge br0, state forwarding, isolated from other isolated ports',
    ],
    ['link-bond-member.json', 's0', '* s0 is a member of the bond bond0, state backup'],
    ['link-vrf-member.json', 's0', '- s0 is in the VRF vrf0'],
    ['link-gre.json', 'g1', '* g1 is a tunnel (gre) to 192.0.2.9, to which there is no route'],
  ])('what it belongs to, or leads to: %s', async (fixture, dev, line) => {
    net.answers[`ip -d -j link show dev ${dev}`] = netFixture(fixture);
    net.answers['ip -j route get 192.0.2.9'] = { outcome: 'done', stdout: '', stderr: NO_ROUTE, status: 2 };
    await watch();
    expect((await told({ kind: 'link' }, { dev }))[1]).toBe(line);
  });

  it.each([
    ['g1', 1500, '* g1 is a tunnel (gre) to 192.0.2.9, and the route to that goes into the tunnel itself'],
    ['eth0', 1500, '- g1 is a tunnel (gre) to 192.0.2.9 by eth0'],
    [
      'eth0',
      1476,
      '* g1 is a tunnel (gre) to 192.0.2.9 by eth0, whose mtu 1476 has no room for packets of 1476 and their new headers',
    ],
  ])('a tunnel by %s with mtu %d', async (dev, mtu, line) => {
    net.answers['ip -d -j link show dev g1'] = netFixture('link-gre.json');
    net.answers['ip -j route get 192.0.2.9'] = JSON.stringify([{ dst: '192.0.2.9', dev }]);
    net.answers['ip -j link show dev eth0'] = JSON.stringify([{ ifname: 'eth0', mtu }]);
    await watch();
    expect((await told({ kind: 'link' }, { dev: 'g1' }))[1]).toBe(line);
  });

  it('a tunnel of which ip says nothing more', async () => {
    net.answers['ip -d -j link show dev g1'] = netFixture('link-gre.json');
    net.answers['ip -j route get 192.0.2.9'] = { outcome: 'timeout' };
    await watch();
    const line = '- g1 is a tunnel (gre) to 192.0.2.9';
    expect((await told({ kind: 'link' }, { dev: 'g1' }))[1]).toBe(line);
    net.answers['ip -d -j link show dev g1'] = netFixture('link-gre.json').replace(
      '"ifname"',
      '"link_netnsid":0,"ifname"',
    );
    expect(await told({ kind: 'link' }, { dev: 'g1' })).toHaveLength(1);
  });

  it('too small for IPv6', async () => {
    net.answers[LINK] = netFixture('link-dev.json').replace('"mtu":1500', '"mtu":1200');
    await watch();
    expect(await told({ kind: 'link' }, { flow: { ...place.flow!, family: 'ipv6' } })).toEqual([
      '- vs is up, mtu 1200 and counted no loss in 5 s',
      '* vs has no IPv6 with an mtu below 1280',
    ]);
  });

  it('what it lost', async () => {
    const dev = netFixture('dev.after').replace(/^( *vs:\s+\d+\s+\d+\s+)0(\s+)0/m, '$12$21204');
    await watch(() => net.put('200/net/dev', dev));
    expect(await told({ kind: 'link' })).toEqual([
      '* vs: rx_dropped rose by 1,204 in 5 s',
      '* vs: rx_errors rose by 2 in 5 s',
    ]);
  });

  it("of the own namespace from sysfs, with the card's and the driver's own counters", async () => {
    const NIC = 'ethtool -S eth0';
    const row = (dropped: number) => `a\nb\n  eth0: 1 1 0 ${dropped} 0 0 0 0 1 1 0 0 0 0 0 0\n`;
    const own = net.own();
    const statistics = 'sys/class/net/eth0/statistics/rx_missed_errors';
    net.put('net/snmp', netFixture('snmp.before'));
    net.put('net/dev', row(10));
    for (const [file, text] of [
      ['flags', '0x1003'],
      ['mtu', '1500'],
      ['carrier', '1'],
      ['device/x', ''],
    ] as const)
      net.putAt(`sys/class/net/eth0/${file}`, `${text}\n`);
    net.putAt(statistics, '4\n');
    net.answers[NIC] = netFixture('ethtool-veth.txt');
    evidence = await NetEvidence.start(net.world, [own]);
    await settled();
    net.put('net/dev', row(30));
    net.putAt(statistics, '9\n');
    net.answers[NIC] = netFixture('ethtool-veth.txt').replace(
      'rx_queue_0_xdp_drops: 0',
      'rx_queue_0_xdp_drops: 8',
    );
    net.now = 2000;
    expect(await told({ kind: 'link' }, { netns: null, dev: 'eth0' })).toEqual([
      '- eth0 is up, mtu 1500',
      '* eth0: rx_missed_errors rose by 5 in 2 s (the card had no free buffer for them)',
      '* eth0: rx_dropped rose by 15 in 2 s',
      "* eth0: the driver's rx_queue_0_xdp_drops rose by 8 in 2 s",
    ]);
    const [rise] = (await evidence.finish(NONE, 2000)).rises;
    expect(rise.devices.get('eth0')?.get('rx_queue_0_xdp_drops (ethtool -S)')).toBe(8);
  });

  it.each(['-x', '--help', 'a/b', 'a b'])('no interface is called %j', async (dev) => {
    await watch();
    const before = net.asked.length;
    expect(await told({ kind: 'link' }, { dev })).toEqual([]);
    expect(net.asked).toHaveLength(before);
  });
});

it("CPUs' backlogs", async () => {
  net.put('sys/net/core/netdev_max_backlog', '1000\n');
  await watch(() => net.put('net/softnet_stat', '00000410 00000002 00000005\n0000201f 000004b4 00000000\n'));
  expect(await told({ kind: 'softnet' })).toEqual([
    '* CPU 1 refused 1,204 packets in 5 s: its backlog was full (net.core.netdev_max_backlog = 1,000)',
    '* CPUs stopped 2 times in 5 s with packets still waiting, their share used up',
  ]);
});

it('connection tracking', async () => {
  net.answerCat({ 'sys/kernel/osrelease': '6.12\n', 'sys/net/netfilter/nf_conntrack_max': '4\n' });
  await watch();
  expect(await told({ kind: 'conntrack' })).toEqual([
    '* 4 connections of 4 possible are tracked',
    "* conntrack's drop rose by 16 in 5 s: packets for which the table had no room, or NAT no port",
  ]);
});

describe('routes', () => {
  const refusal = (fixture: string) =>
    ({ outcome: 'done', status: 2, stdout: '', stderr: netFixture(fixture) }) as const;
  const flow = (dst: string, src: string | null = null) => ({ flow: { ...place.flow!, dst, src } });

  it.each([
    [
      'route-none.err',
      '* no route to 8.8.8.8: none matches, or an ip rule says unreachable (Network is unreachable)',
    ],
    [
      'route-50.err',
      '* no route to 8.8.8.8: a blackhole route or ip rule, or addresses that may not come in there (Invalid argument)',
    ],
    [
      'route-51.err',
      '* no route to 8.8.8.8: an unreachable route, or this host does not forward (No route to host)',
    ],
    ['route-52.err', '* no route to 8.8.8.8: a prohibit route or ip rule (Permission denied)'],
  ])('%s', async (fixture, line) => {
    net.answers['ip -j route get 8.8.8.8'] = refusal(fixture);
    await watch();
    expect(await told({ kind: 'route' }, flow('8.8.8.8'))).toEqual([line]);
  });

  it('by a next hop', async () => {
    net.answers['ip -j route get 10.53.0.1'] = netFixture('route-53.json');
    await watch();
    expect(await told({ kind: 'route' }, flow('10.53.0.1'))).toEqual([
      '- the route to 10.53.0.1 goes out by vc, next hop 10.0.0.77',
    ]);
  });

  it('of a packet that came in where answers do not go out', async () => {
    net.answers['ip -j route get 9.9.9.9'] = netFixture('route-53.json');
    net.answers['ip -j route get 10.0.0.2 from 9.9.9.9 iif vs'] = refusal('route-rpf.err');
    await watch();
    expect(await told({ kind: 'route' }, flow('10.0.0.2', '9.9.9.9'))).toEqual([
      '* no route to 10.0.0.2 for packets from 9.9.9.9 that come in by vs: the source address fails rp_filter (Invalid cross-device link)',
      '* answers to 9.9.9.9 go out by vc, and its packets come in by vs',
    ]);
  });

  it('of one that is for this host, and of one that is its own', async () => {
    net.answers['ip -j route get 10.0.0.1'] = netFixture('route-connected.json').replaceAll('vc', 'vs');
    net.answers['ip -j route get 10.0.0.2 from 10.0.0.1 iif vs'] = netFixture('route-local-iif.json');
    net.answers['ip -j route get 10.0.0.2'] = netFixture('route-local-iif.json');
    net.answers['ip -j route get 10.0.0.1 from 10.0.0.2 iif vs'] = refusal('route-50.err');
    await watch();
    expect(await told({ kind: 'route' })).toEqual([
      '- 10.0.0.2 is an address of this host for packets from 10.0.0.1 that come in by vs',
    ]);
    expect(await told({ kind: 'route' }, flow('10.0.0.1', '10.0.0.2'))).toEqual([
      '- the route to 10.0.0.1 goes out by vs',
    ]);
  });

  it('of a packet that was on its way out', async () => {
    net.answers['ip -j route get 10.53.0.1'] = netFixture('route-53.json');
    net.answers['ip -j route get 9.9.9.9'] = netFixture('route-53.json').replaceAll('vc', 'vs');
    await watch();
    expect(await told({ kind: 'route' }, { ...flow('10.53.0.1', '9.9.9.9'), dev: 'vc' })).toEqual([
      '- the route to 10.53.0.1 goes out by vc, next hop 10.0.0.77',
    ]);
  });

  it('of a packet that comes in from an address of this host', async () => {
    net.answers['ip -j route get 10.0.0.9'] = netFixture('route-local-iif.json');
    net.answers['ip -j route get 10.0.0.2'] = netFixture('route-local-iif.json');
    await watch();
    const forged = [
      '* the source 10.0.0.9 is an address of this host itself: given twice, sent in a circle, or forged',
    ];
    expect(await told({ kind: 'route' }, flow('10.0.0.2', '10.0.0.9'))).toEqual(forged);
    expect(await told({ kind: 'route' }, { ...flow('10.0.0.2', '10.0.0.9'), dev: 'lo' })).toEqual([
      '- 10.0.0.2 is an address of this host',
    ]);
  });

  it.each([
    ['127.0.0.1', '10.0.0.2', 'the source 127.0.0.1 is a loopback address'],
    ['10.0.0.1', '127.0.0.1', 'the destination 127.0.0.1 is a loopback address'],
    ['::1', 'fd00::2', 'the source ::1 is a loopback address'],
    ['0.0.0.0', '10.0.0.2', 'the source 0.0.0.0 is of the network 0.0.0.0/8'],
    ['10.0.0.1', '0.0.0.1', 'the destination 0.0.0.1 is of the network 0.0.0.0/8'],
    ['224.1.1.1', '10.0.0.2', 'the source 224.1.1.1 is a multicast address'],
    ['ff02::1', 'fd00::2', 'the source ff02::1 is a multicast address'],
    ['255.255.255.255', '10.0.0.2', 'the source 255.255.255.255 is a broadcast'],
  ])('no network has packets from %j to %j', async (src, dst, text) => {
    await watch();
    const before = net.asked.length;
    expect(await told({ kind: 'route' }, flow(dst, src))).toEqual([expect.stringContaining(`* ${text}`)]);
    expect(net.asked).toHaveLength(before);
  });

  it.each(['--help', '1.2.3.4 dev x', 'fe80::1%eth0', ''])('no address: %j', async (dst) => {
    await watch();
    const before = net.asked.length;
    expect(await told({ kind: 'route' }, flow(dst))).toEqual([]);
    expect(net.asked).toHaveLength(before);
  });
});

describe('neighbours', () => {
  it('the next hop of the flow', async () => {
    net.answers['ip -j route get 10.53.0.1'] = netFixture('route-53.json');
    net.answers['ip -j neigh show to 10.0.0.77 dev vc'] = netFixture('neigh-to.json');
    await watch();
    const flow = { ...place.flow!, dst: '10.53.0.1' };
    expect(await told({ kind: 'neighbour' }, { flow })).toEqual([
      '* next hop 10.0.0.77 on vc does not answer (FAILED)',
    ]);
  });

  it('that nobody has asked for yet', async () => {
    net.answers['ip -j route get 10.0.0.2'] = netFixture('route-connected.json');
    net.answers['ip -j neigh show to 10.0.0.2 dev vc'] = netFixture('neigh-none.json');
    await watch();
    expect(await told({ kind: 'neighbour' })).toEqual([
      '- next hop 10.0.0.2 has no entry in the neighbour table',
    ]);
  });

  it('without a flow, all that do not answer', async () => {
    net.answers['ip -j neigh show'] = netFixture('neigh.json');
    await watch();
    expect(await told({ kind: 'neighbour' }, { flow: null, dev: null })).toEqual([
      '* neighbour 10.0.0.77 on vc does not answer (FAILED)',
      '* neighbour 10.0.0.78 on vc does not answer (INCOMPLETE)',
    ]);
  });
});

const EVERY: CheckRequest[] = [
  { kind: 'counter', names: ['UdpNoPorts'] },
  { kind: 'sysctl', names: ['net.ipv4.conf.{dev}.rp_filter'] },
  ...(
    ['socket', 'sender', 'rules', 'link', 'softnet', 'qdisc', 'conntrack', 'route', 'neighbour'] as const
  ).map((kind) => ({ kind })),
];

describe('whatever happens, a check says less and never fails', () => {
  it.each(['{', '[]', '[1,null,"x",[]]', '[{}]', '[{"dev":5,"kind":{},"dst":[],"state":5}]', '\0\xff'])(
    'programs that print %j',
    async (text) => {
      const answers = {
        ...net.world,
        command: async () => ({ outcome: 'done', stdout: text, stderr: '', status: 0 }) as const,
      };
      net.putAt('sys/module/nf_tables/refcnt', '0\n');
      counted('before');
      evidence = await NetEvidence.start(answers, [netns]);
      for (const request of EVERY) await told(request);
      expect((await evidence.finish(NONE, 2000)).rises).toHaveLength(1);
    },
  );

  it('programs that never come, and a function that throws', async () => {
    for (const command of [
      async () => ({ outcome: 'timeout' }) as const,
      async () => Promise.reject(new Error('no more processes')),
    ]) {
      counted('before');
      evidence = await NetEvidence.start({ ...net.world, command }, [netns, net.named('red')]);
      for (const request of EVERY) await told(request);
      expect((await evidence.finish(NONE, 2000)).rises).toHaveLength(1);
    }
  });

  it('an empty /proc, and a namespace that is gone', async () => {
    evidence = await NetEvidence.start(net.world, [netns]);
    net.move(200, 78);
    for (const request of EVERY) await told(request, { dev: null, flow: null });
    expect(await evidence.finish(NONE, 2000)).toEqual({ rises: [], left: 0 });
  });

  it('a place in a namespace that nobody has seen yet, or in none', async () => {
    evidence = await NetEvidence.start(net.world, []);
    counted('before');
    expect(await told({ kind: 'counter', names: ['UdpNoPorts'] })).toEqual([
      '- UdpNoPorts did not move in 0 s',
    ]);
    expect(await told({ kind: 'counter', names: ['UdpNoPorts'] }, { netns: null })).toEqual([]);
  });
});
