import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DropCountEvent } from '../../../src/model/events.js';
import { call } from './callers.js';
import { Agent } from './drop-cases/agent.js';
import { PAIR, SHUT, sendUdp } from './drop-cases/case-parts.js';
import { HEALTHY_CASES } from './drop-cases/cases-healthy.js';
import { runningKernel } from './drop-cases/kernels.js';
import { NetLab } from './drop-cases/net-lab.js';
import { type CaseRun, removeNamespaces, runCase } from './drop-cases/run-case.js';
import { KwhoRun, kwho, leftovers, NOTHING, TRACEFS } from './kwho-run.js';
import { PacketGenerator } from './packet-storm.js';

const kernel = runningKernel();

let agent: Agent;

beforeAll(() => {
  agent = new Agent();
});

afterAll(() => {
  agent.stop();
});

describe('every way out puts the kernel back', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s', async (signal, status) => {
    const run = await KwhoRun.start('drops', '--json');
    expectEverythingOf(run.pid);
    expect(await run.stop(signal)).toBe(status);
    expect(run.stderr).toBe('');
    expect(run.summary.type).toBe('summary');
    expect(leftovers()).toEqual(NOTHING);
  });

  it('the end of --for', async () => {
    const run = await KwhoRun.start('drops', '--json', '--stack', '--for', '1s');
    expect(await run.ended()).toBe(0);
    expect(run.stderr).toBe('');
    expect(leftovers()).toEqual(NOTHING);
  });

  it('a reader of its output that goes away, at the next drop', () => {
    const drops = `for i in $(seq 100); do echo >/dev/udp/127.0.0.1/9; sleep 1; done`;
    const { status, stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        `( ${drops} ) 2>/dev/null >/dev/null & ${process.execPath} ${kwho()} drops --json --interval 500ms | head -n 1; kill $!`,
      ],
      { encoding: 'utf8', input: '', timeout: 100_000 },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line !== '')).toHaveLength(1);
    expect(leftovers()).toEqual(NOTHING);
  });

  it('SIGKILL: the next run removes what is left, and says so', async () => {
    const run = await KwhoRun.start('drops', '--json');
    run.child.kill('SIGKILL');
    await run.ended();
    expectEverythingOf(run.pid);
    const next = await KwhoRun.start('drops', '--json', '--for', '500ms');
    expect(leftovers().instances).toEqual(instancesOf(next.pid));
    expect(await next.ended()).toBe(0);
    expect(next.notices('orphan')).toMatchObject([
      { text: expect.stringContaining(`removed what a dead kwho (pid ${run.pid}) left behind`) },
    ]);
    expect(leftovers()).toEqual(NOTHING);
  });
});

describe('others at the same time', () => {
  let generator: PacketGenerator;

  beforeAll(async () => {
    generator = await PacketGenerator.create('beside');
  });

  it('two kwho drops and a kwho log do not disturb each other', async () => {
    const first = await KwhoRun.start('drops', '--json');
    const second = await KwhoRun.start('drops', '--json');
    const log = await KwhoRun.start('log', '--json');
    const one = await generator.send([11, 13]);
    call('dmesg', '-C');
    expect(await first.stop()).toBe(143);
    expect(leftovers().instances.sort()).toEqual(
      [...instancesOf(second.pid), ...instancesOf(log.pid, [])].sort(),
    );
    const two = await generator.send([17, 19]);
    expect(await second.stop()).toBe(143);
    expect(await log.stop()).toBe(143);
    for (const run of [first, second, log]) {
      expect(run.notices('orphan')).toEqual([]);
      expect(run.stderr).toBe('');
      expect(run.summary.lost).toBe(0);
    }
    const inside = ({ key }: DropCountEvent) => key.netns === generator.netns;
    expect(sum(rowsOf(first).filter(inside))).toBe(24 + one.buffers);
    expect(sum(rowsOf(second).filter(inside))).toBe(24 + one.buffers + 36 + two.buffers);
    expect(log.accesses.filter(({ effect }) => effect === 'clears')).toHaveLength(1);
    expect(leftovers()).toEqual(NOTHING);
  });

  it('a module that dropped packets is unloaded: its place keeps its name', async () => {
    const run = await KwhoRun.start('drops', '--json', '--interval', '1s');
    const { buffers } = await generator.send([23, 29]);
    await sleep(3000);
    await generator.remove();
    await removeModule('pktgen');
    await sleep(2000);
    expect(await run.stop()).toBe(143);
    const inside = rowsOf(run).filter(({ key }) => key.netns === generator.netns);
    expect(sum(inside)).toBe(52 + buffers);
    expect(inside.filter(({ key }) => key.location?.symbol == null)).toEqual([]);
    const own = inside.filter(({ key }) => key.location?.module === 'pktgen');
    expect(sum(own)).toBe(buffers);
    for (const { key } of own) expect(key.location?.symbol).toMatch(/^pktgen_/);
  });

  it('a module that is loaded after the first stack was named: its functions have their names', async () => {
    const run = await KwhoRun.start('drops', '--json', '--events', '--stack', '--backend', 'fields');
    call('bash', '-c', 'echo >/dev/udp/127.0.0.1/9');
    await sleep(2000);
    generator = await PacketGenerator.create('late');
    await generator.send([3, 5]);
    await sleep(2000);
    expect(await run.stop()).toBe(143);
    await generator.remove();
    const drops = run.events.filter((event) => event.type === 'drop');
    expect(drops.filter(({ comm }) => comm === 'bash')).not.toEqual([]);
    const own = drops.filter(({ location }) => location?.module === 'pktgen');
    expect(own).not.toEqual([]);
    for (const { stack } of own) expect(stack?.join(' ')).toMatch(/\bpktgen_\w+\+0x\S+ kthread\+0x/);
  });
});

it('--dry-run prints lines that work when pasted, and takes everything back with them', () => {
  const { status, stdout } = spawnSync(process.execPath, [kwho(), 'drops', '--dry-run'], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(leftovers()).toEqual(NOTHING);
  const at = stdout.indexOf('# this takes everything back:');
  expect(at).toBeGreaterThan(0);
  const tables = stdout.match(/(?<=^# now counts are in )\S+/gm) ?? [];
  expect(tables).toHaveLength(kernel === '5.10' ? 0 : 2);
  // A datagram to a closed port of this host.
  const drop = 'echo kwho >/dev/udp/127.0.0.1/9';
  const look = `cat "$(ls -d ${TRACEFS}/instances/kwho-* | head -n 1)"/trace ${tables.join(' ')}`;
  const script = `set -e\n${stdout.slice(0, at)}\n${drop}\n${look}\n${stdout.slice(at)}`;
  const pasted = spawnSync('bash', ['-c', script], { encoding: 'latin1' });
  expect(pasted.stderr).toBe('');
  expect(pasted.status).toBe(0);
  expect(pasted.stdout).toMatch(/: drop: .* dev="lo"/);
  if (kernel !== '5.10') expect(pasted.stdout).toMatch(/\{ location: .*udp.* hitcount: +1$/m);
  expect(leftovers()).toEqual(NOTHING);
});

it('an interface is renamed and its namespace deleted: each drop is told under the name of its time', async () => {
  const lab = await NetLab.create(agent, 'rename', PAIR);
  const [inum, name] = [lab.server.inode, lab.server.ns];
  const runs = [
    await KwhoRun.start('drops', '--json', '--interval', '1s'),
    await KwhoRun.start('drops', '--json', '--interval', '1s', '--backend', 'fields'),
  ];
  await sendUdp(lab.client, SHUT, 3);
  await lab.server.ip('link set s0 down', 'link set s0 name front', 'link set front up');
  await sleep(500);
  await sendUdp(lab.client, SHUT, 5);
  await sleep(2500);
  await lab.close();
  await agent.run(null, ['ip', '-batch', '-'], `netns delete ${lab.client.ns}\nnetns delete ${name}`);
  await sleep(1500);
  for (const run of runs) {
    expect(await run.stop()).toBe(143);
    expect(run.stderr).toBe('');
    const inside = rowsOf(run).filter(({ key }) => key.netns === inum && isUdp(key.location?.symbol));
    expect(inside.every(({ key }) => key.netnsName === name)).toBe(true);
    const of = (dev: string) => sum(inside.filter(({ key }) => key.dev === dev));
    expect({ s0: of('s0'), front: of('front'), all: sum(inside) }).toEqual({ s0: 3, front: 5, all: 8 });
  }
  expect(leftovers()).toEqual(NOTHING);
}, 300_000);

it('a healthy host has no suspect', async () => {
  const run = await KwhoRun.start('drops', '--json');
  const done: CaseRun[] = [];
  // Cases with IPv6 take their links down in the end, and what listeners of multicast say to that is lost.
  for (const one of HEALTHY_CASES.filter(({ net }) => net.ipv6 !== true))
    if ((one.unavailable?.(kernel) ?? null) === null) done.push(await runCase(agent, one));
  await removeNamespaces(agent, done);
  expect(await run.stop()).toBe(143);
  expect(rowsOf(run).filter(({ verdict }) => verdict === 'suspect')).toEqual([]);
  expect(run.summary.verdicts).toMatchObject({ suspect: 0 });
  expect(run.notices('top-suspect')).toEqual([]);
  if (run.summary.seen > 0) expect(run.notices('no-suspect')).toHaveLength(1);
  expect(done.length).toBeGreaterThan(5);
}, 300_000);

it('where a rule alone drops, that rule is told', async () => {
  const lab = await NetLab.create(agent, 'rule', PAIR);
  const rule = `udp dport ${SHUT} counter drop`;
  await lab.server.nft(`table inet filter { chain input { type filter hook input priority 0; ${rule}; }; }`);
  const run = await KwhoRun.start('drops', '--json');
  await sendUdp(lab.client, SHUT, 5);
  await sleep(1000);
  expect(await run.stop()).toBe(143);
  await lab.close();
  expect(run.notices('top-suspect')).toEqual([]);
  const [notice] = run.notices('no-suspect');
  expect(notice?.text).toContain('; most by rules: 5 packets dropped');
  const evidence = notice?.details?.evidence as string[];
  // nft may take an emulated guest longer than it is given.
  expect(evidence[0]).toMatch(
    /'udp dport \d+ counter drop' counted \+?5 packets|could not look at the rules: .*/,
  );
  expect(leftovers()).toEqual(NOTHING);
}, 300_000);

/** Whatever a run of the default kind has in the kernel. */
function expectEverythingOf(pid: number): void {
  const { instances, events } = leftovers();
  expect(instances.sort()).toEqual(instancesOf(pid));
  const names = events.map((line) => /:(\S+)/.exec(line)?.[1]);
  expect(names.sort()).toEqual([`kwho_${pid}/drop`, `kwho_${pid}/keys`]);
  if (kernel === '5.10') return;
  const trigger = join(TRACEFS, 'instances', `kwho-${pid}`, 'events/skb/kfree_skb/trigger');
  expect(readFileSync(trigger, 'latin1')).toMatch(/^hist:keys=location\.sym-offset/m);
}

/** @param more what is in another instance: where the kernel has no tables, the stream that is for counting */
function instancesOf(pid: number, more: readonly string[] = kernel === '5.10' ? ['counts'] : []): string[] {
  return [`kwho-${pid}`, ...more.map((purpose) => `kwho-${pid}-${purpose}`)];
}

function rowsOf(run: KwhoRun): DropCountEvent[] {
  return run.events.filter((event) => event.type === 'drop-count');
}

function sum(rows: readonly DropCountEvent[]): number {
  return rows.reduce((all, { count }) => all + count, 0);
}

function isUdp(symbol: string | null | undefined): boolean {
  return symbol === '__udp4_lib_rcv' || symbol === 'udp_rcv';
}

/** The namespace that used it is taken down in the background. */
async function removeModule(name: string): Promise<void> {
  for (let i = 0; i < 50; i++) {
    if (call('modprobe', '-r', name).status === 0) return;
    await sleep(200);
  }
  throw new Error(`the module ${name} cannot be removed`);
}
