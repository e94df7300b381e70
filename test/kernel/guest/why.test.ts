import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flyCanary } from '../../../src/commands/why/canary.js';
import { gatherLogFacts } from '../../../src/commands/why/gather.js';
import { canaryFiles, followCanary, wantsPatience } from '../../../src/model/why/canary.js';
import { canaryForwards } from '../../../src/model/why/canary-forwards.js';
import type { Finding } from '../../../src/model/why/finding.js';
import { judge, type Verdict } from '../../../src/model/why/verdict.js';
import { whySchema } from '../../../src/output/why-schema.js';
import { validate } from '../../output/json-schema.js';
import { call } from './callers.js';
import { KwhoRun, kwho, leftovers, NOTHING } from './kwho-run.js';
import {
  busybox,
  type Daemon,
  DROP_IN,
  forgetCollectors,
  journald,
  kernelMessage,
  overflowRing,
  rsyslog,
  until,
} from './log-collectors.js';

/** What kwho why finds now, with the text sought. */
async function ask(text: string | null = null): Promise<Verdict> {
  return judge(await gatherLogFacts(text, null));
}

function causes({ findings }: Verdict): string[] {
  return findings.map(({ cause }) => cause);
}

function evidence(finding: Finding | undefined): string {
  return [finding?.finding, ...(finding?.evidence ?? [])].join('\n');
}

/** Sends a marker and says where it came to: `arrived journald`, `lost rsyslog`. */
async function canary(level = 6, waitMs = 4000, during: () => void = () => {}): Promise<Map<string, string>> {
  const facts = await gatherLogFacts(null, null);
  const { daemon, hasJournal } = facts.journald;
  const flight = flyCanary({
    level,
    waitMs,
    journald: daemon !== null || hasJournal,
    files: canaryFiles(facts, level),
    forwards: canaryForwards(facts, level),
    patient: wantsPatience(facts, level),
  });
  during();
  const seen = await flight;
  return new Map(followCanary(facts, seen).map(({ hop, state, detail }) => [hop, `${state} ${detail}`]));
}

const PRINTK = '/proc/sys/kernel/printk';
const DEVKMSG = '/proc/sys/kernel/printk_devkmsg';
let levels: string;

beforeAll(() => {
  levels = readFileSync(PRINTK, 'latin1');
  // These guests boot with quiet: a cause of its own.
  writeFileSync(PRINTK, '7');
});

afterAll(() => {
  forgetCollectors();
  writeFileSync(PRINTK, levels);
});

it('a host that collects nothing: said, and no loss', async () => {
  const verdict = await ask();
  expect(causes(verdict)).toEqual(['no-collector']);
  expect(verdict.missing).toBe(false);
});

describe('with rsyslog', () => {
  let daemon: Daemon;

  /** Waits until it has written what came after its start. */
  async function start(config?: string): Promise<void> {
    daemon = rsyslog(config);
    await until('rsyslog writes', () => existsSync('/var/log/syslog'));
    await sleep(2500);
    kernelMessage();
    await until('it has the message', () => existsSync('/var/log/kern.log'));
    await sleep(3500);
  }

  beforeAll(() => start());

  it('healthy: nothing is missing', async () => {
    const verdict = await ask();
    expect(verdict).toMatchObject({ missing: false, findings: [], notChecked: [] });
    expect(verdict.inOrder.join()).toContain('rsyslog collects them');
  });

  it('quiet', async () => {
    writeFileSync(PRINTK, levels);
    const verdict = await ask();
    writeFileSync(PRINTK, '7');
    expect(causes(verdict)).toEqual(['quiet']);
    expect(verdict.missing).toBe(false);
    expect(evidence(verdict.findings[0])).toContain('/proc/cmdline: quiet');
  });

  it('a second reader of /proc/kmsg', async () => {
    const thief = spawn('cat', ['/proc/kmsg'], { stdio: 'ignore' });
    await sleep(300);
    const verdict = await ask();
    thief.kill();
    await once(thief, 'exit');
    expect(causes(verdict)[0]).toBe('stolen');
    expect(evidence(verdict.findings[0])).toContain(`cat[${thief.pid}] has /proc/kmsg open`);
    expect(evidence(verdict.findings[0])).toContain(`rsyslogd[${daemon.pid}] has /proc/kmsg open`);
  });

  it('a second reader through syslog(2)', async () => {
    const klogd = spawn('busybox', ['klogd', '-n'], { stdio: 'ignore' });
    await sleep(500);
    const verdict = await ask();
    klogd.kill();
    await once(klogd, 'exit');
    expect(causes(verdict)[0]).toBe('stolen');
    expect(evidence(verdict.findings[0])).toContain(`busybox[${klogd.pid}] waits in syslog(2) READ`);
  });

  it('printk_devkmsg off', async () => {
    const before = readFileSync(DEVKMSG, 'latin1');
    writeFileSync(DEVKMSG, 'off\n');
    const verdict = await ask();
    const hops = await canary();
    writeFileSync(DEVKMSG, before);
    expect(causes(verdict)[0]).toBe('devkmsg-off');
    expect(evidence(verdict.findings[0])).toContain('printk_devkmsg = off');
    expect(hops.get('write to /dev/kmsg')).toContain('printk_devkmsg is off');
  });

  it('dmesg_restrict without root: exit 1', () => {
    writeFileSync('/proc/sys/kernel/dmesg_restrict', '1');
    const { status, stdout } = spawnSync(
      'setpriv',
      ['--reuid', '65534', '--clear-groups', process.execPath, kwho(), 'why', '--json'],
      { encoding: 'utf8' },
    );
    const verdict = JSON.parse(stdout);
    expect(verdict).toMatchObject({ v: 1, type: 'why', verdict: 'missing' });
    expect(validate(whySchema, verdict)).toEqual([]);
    expect(verdict.findings[0].cause).toBe('dmesg-restrict');
    expect(evidence(verdict.findings[0])).toContain('dmesg_restrict = 1');
    expect(status).toBe(1);
  });

  it('/dev/kmsg gone', async () => {
    renameSync('/dev/kmsg', '/dev/kmsg-away');
    const verdict = await ask();
    const sought = await ask('Linux version');
    renameSync('/dev/kmsg-away', '/dev/kmsg');
    expect(causes(verdict)).toEqual(['kmsg-missing']);
    expect(verdict.notChecked.join()).toContain('syslog(2) READ_ALL, which was read in its place');
    expect(sought.hops[0]).toMatchObject({ hop: 'ring (syslog(2) READ_ALL)', state: 'present' });
    expect(sought.hops[0]?.detail).toMatch(/^1 record, the last is of 0\.0{6} s, facility 0, level 5/);
  });

  it('healthy again after all of this', async () => {
    kernelMessage();
    await sleep(3500);
    expect(await ask()).toMatchObject({ missing: false, findings: [] });
  });

  it('a message sought, hop by hop', async () => {
    const verdict = await ask('sysrq: HELP');
    expect(verdict).toMatchObject({ missing: false, findings: [] });
    expect(verdict.hops.map(({ hop, state }) => `${hop} ${state}`)).toEqual([
      'ring (/dev/kmsg) present',
      'dmesg present',
      '/var/log/kern.log present',
      '/var/log/syslog present',
    ]);
  });

  it('a message that a program wrote: imklog leaves it out', async () => {
    writeFileSync('/dev/kmsg', 'a message that a program wrote\n');
    await sleep(1000);
    expect(causes(await ask('a message that a program wrote'))).toEqual([
      'rsyslog-imklog-facility',
      'text-not-collected',
    ]);
  });

  it('a message that was never printed', async () => {
    const verdict = await ask('a message of no kernel');
    expect(causes(verdict)).toEqual(['text-nowhere']);
  });

  it('a debug message that is switched off', async () => {
    const site = /^(\S+) \[\S+\S+ =_ "([\w ,]{20,})\\(?:n|012)"/m.exec(
      readFileSync('/proc/dynamic_debug/control', 'latin1'),
    );
    const verdict = await ask(site?.[2]);
    expect(causes(verdict)[0]).toBe('dynamic-debug-off');
    expect(evidence(verdict.findings[0])).toContain(site?.[1]);
  });

  it('stopped by a signal', async () => {
    daemon.child.kill('SIGSTOP');
    await sleep(300);
    const verdict = await ask();
    daemon.child.kill('SIGCONT');
    expect(causes(verdict)).toEqual(['rsyslog-halted']);
  });

  it('its files removed under it', async () => {
    for (const file of ['kern.log', 'syslog']) rmSync(`/var/log/${file}`);
    const verdict = await ask();
    expect(causes(verdict)).toEqual(['rsyslog-not-writing']);
    expect(evidence(verdict.findings[0])).toContain('/var/log/kern.log (not there)');
  });

  it('ended', async () => {
    await daemon.end();
    await start();
    await daemon.end();
    const verdict = await ask();
    expect(causes(verdict)).toEqual(['rsyslog-stopped', 'no-collector']);
    forgetCollectors();
  });

  it.each([
    ['without an input', 'rsyslog-no-input', 'kern.* /var/log/kern.log\n'],
    ['without a rule', 'rsyslog-no-rule', 'module(load="imkmsg")\nmail.* /var/log/only-mail.log\n'],
    ['a level filter', 'rsyslog-level', 'module(load="imkmsg")\n*.warn /var/log/kern.log\n'],
  ])('%s', async (_, cause, config) => {
    daemon = rsyslog(config);
    await until('rsyslogd runs', () => existsSync('/run/rsyslogd.pid'));
    await sleep(500);
    const verdict = await ask();
    const hops = await canary(6, 1500);
    await daemon.end();
    forgetCollectors();
    expect(causes(verdict)).toEqual([cause]);
    expect(hops.get('rsyslog')).toBe(
      cause === 'rsyslog-no-input'
        ? 'lost it does not read the kernel log'
        : 'lost no rule sends user.info to a file',
    );
    expect(hops.get('ring')).toMatch(/^arrived/);
  });

  it('copies for other hosts: one leaves, one finds no way, one is refused', async () => {
    call('ip', 'link', 'set', 'lo', 'up');
    const receiver = createSocket('udp4').bind(5514, '127.0.0.1');
    await once(receiver, 'listening');
    const targets = ['@127.0.0.1:5514', '@192.0.2.9:5515', '@@127.0.0.1:5516'];
    daemon = rsyslog(`module(load="imkmsg")\n${targets.map((target) => `*.* ${target}\n`).join('')}`);
    await until('rsyslogd runs', () => existsSync('/run/rsyslogd.pid'));
    await sleep(500);
    const hops = await canary(6, 3000);
    await daemon.end();
    receiver.close();
    forgetCollectors();
    expect([...hops].filter(([hop]) => hop.includes('rsyslog'))).toEqual([
      ['rsyslog: copy to 127.0.0.1:5514', 'arrived left this host for 127.0.0.1, UDP port 5514'],
      ['rsyslog: copy to 192.0.2.9:5515', 'lost no packet with it left for UDP port 5515'],
      ['rsyslog: copy to 127.0.0.1:5516', 'lost nothing here is connected to TCP port 5516'],
    ]);
  });
});

describe('with BusyBox', () => {
  let daemons: [klogd: Daemon, syslogd: Daemon];

  async function end(): Promise<void> {
    for (const daemon of daemons) await daemon.end();
  }

  it('healthy: nothing is missing, and a marker arrives', async () => {
    daemons = busybox();
    await sleep(2500);
    kernelMessage();
    await sleep(3500);
    expect(await ask()).toMatchObject({ missing: false, findings: [] });
    expect((await canary()).get('BusyBox syslogd: /var/log/messages')).toBe('arrived written');
  });

  it('klogd alone', async () => {
    await daemons[1].end();
    rmSync('/dev/log', { force: true });
    const verdict = await ask();
    expect(causes(verdict)).toEqual(['klogd-nowhere']);
    expect((await canary(6, 1000)).get('BusyBox syslogd')).toBe('lost klogd has no syslogd to hand it to');
  });

  it('both ended', async () => {
    await daemons[0].end();
    expect(causes(await ask())).toEqual(['klogd-stopped', 'no-collector']);
    forgetCollectors();
  });

  it('a level filter', async () => {
    daemons = busybox('-l', '5');
    await sleep(1000);
    const verdict = await ask();
    const hops = await canary(6, 1000);
    expect(causes(verdict)).toEqual(['syslogd-level']);
    expect(hops.get('BusyBox syslogd')).toBe('lost syslogd leaves out info (-l 5)');
  });

  it('syslogd alone', async () => {
    await daemons[0].end();
    expect(causes(await ask())).toEqual(['klogd-missing']);
    await end();
    forgetCollectors();
  });
});

describe('with journald', () => {
  let daemon: Daemon;

  async function start(...settings: string[]): Promise<void> {
    daemon = journald(...settings);
    await until('journald runs', () => existsSync('/run/systemd/journal/socket'));
    await sleep(1000);
  }

  it.each([
    ['ReadKMsg=no', 'journald-readkmsg', /^lost it does not read the kernel log \(ReadKMsg=no\)/],
    ['Storage=none', 'journald-storage', /^lost it stores nothing/],
    ['MaxLevelStore=err', 'journald-level', /^lost it does not store info/],
  ])('%s', async (setting, cause, lost) => {
    await start(setting);
    const verdict = await ask();
    const hops = await canary(6, 1000);
    await daemon.end();
    forgetCollectors();
    expect(causes(verdict)).toEqual([cause]);
    expect(evidence(verdict.findings[0])).toContain(`${DROP_IN}: ${setting}`);
    expect(hops.get('journald')).toMatch(lost);
    expect(hops.get('ring')).toMatch(/^arrived/);
  });

  it('healthy: nothing is missing, a message is found, and a marker arrives', async () => {
    await start();
    const verdict = await ask('Linux version');
    expect(verdict).toMatchObject({ missing: false, findings: [], notChecked: [] });
    expect(verdict.hops.find(({ hop }) => hop.startsWith('journald'))).toMatchObject({ state: 'present' });
    expect((await canary()).get('journald')).toBe('arrived journalctl -k shows it');
  });

  it('stopped by a signal', async () => {
    daemon.child.kill('SIGSTOP');
    await sleep(300);
    const verdict = await ask();
    const hops = await canary(6, 1000);
    daemon.child.kill('SIGCONT');
    expect(causes(verdict)).toEqual(['journald-halted']);
    expect(hops.get('journald')).toBe('lost it is stopped by a signal');
  });

  it('a writer over its rate limit', async () => {
    writeFileSync(DEVKMSG, 'ratelimit\n');
    const fd = openSync('/dev/kmsg', 'w');
    for (let i = 0; i < 40; i++) writeSync(fd, `burst ${i}\n`);
    closeSync(fd);
    const verdict = await ask();
    expect(causes(verdict)).toEqual(['devkmsg-ratelimited']);
    expect(verdict.findings[0]?.finding).toMatch(/^30 lines written to \/dev\/kmsg/);
  });

  it('READ_CLEAR by BusyBox, then a clear by dmesg', async () => {
    call('busybox', 'dmesg', '-c');
    const verdict = await ask();
    expect(causes(verdict)).toEqual(['cleared', 'devkmsg-ratelimited']);
    expect(evidence(verdict.findings[0])).toContain('SEEK_DATA finds nothing');
    writeFileSync('/dev/kmsg', 'a message that dmesg -C hides\n');
    call('dmesg', '-C');
    writeFileSync('/dev/kmsg', 'a message that nothing hides\n');
    const sought = await ask('a message that dmesg -C hides');
    expect(causes(sought)[0]).toBe('cleared');
    expect(sought.hops.find(({ hop }) => hop === 'dmesg')).toMatchObject({ state: 'hidden' });
    expect(evidence(sought.findings[0])).toMatch(/SEEK_SET finds sequence 0, SEEK_DATA finds \d+/);
    const later = await ask('a message that nothing hides');
    expect(later.hops.map(({ state }) => state).slice(0, 3)).toEqual(['present', 'present', 'present']);
  });

  it('stopped while the ring wraps: it says what it has missed', async () => {
    daemon.child.kill('SIGSTOP');
    await sleep(300);
    const hops = await canary(6, 3000, () => {
      setTimeout(() => {
        overflowRing();
        daemon.child.kill('SIGCONT');
      }, 300);
    });
    await sleep(1000);
    const verdict = await ask();
    expect(hops.get('ring')).toMatch(/^arrived .*overwritten since/);
    expect(hops.get('journald')).toMatch(/^lost the ring wrapped over it before it was read/);
    expect(causes(verdict)[0]).toBe('journald-missed');
    expect(evidence(verdict.findings[0])).toMatch(/Missed \d+ kernel messages/);
  });

  it('ended', async () => {
    await daemon.end();
    const verdict = await ask();
    expect(causes(verdict)[0]).toBe('journald-stopped');
    expect((await canary(6, 1000)).get('journald')).toBe('lost it does not run any more');
    forgetCollectors();
  });
});

it('the ring has wrapped, and nobody had read it', async () => {
  const verdict = await ask();
  expect(causes(verdict).filter((cause) => cause !== 'log-storm')).toEqual(['wrapped', 'no-collector']);
  expect(evidence(verdict.findings[0])).toMatch(/the oldest record is sequence \d{3,}/);
});

it('a marker comes through imkmsg', async () => {
  const daemon = rsyslog('module(load="imkmsg")\n*.* /var/log/syslog\n');
  await until('it writes', () => existsSync('/var/log/syslog'));
  const hops = await canary();
  await daemon.end();
  expect(hops.get('rsyslog: /var/log/syslog')).toBe('arrived written');
  expect(hops.get('syslog(2) READ_ALL')).toBe('arrived shown');
});

it('who clears while it is watched', async () => {
  const run = await KwhoRun.start('why', '--watch', '5s', '--json');
  const { pid } = call('busybox', 'dmesg', '-c');
  expect(await run.ended()).toBe(1);
  const verdict = JSON.parse(run.stdout);
  expect(verdict.findings[0].cause).toBe('cleared-by');
  expect(evidence(verdict.findings[0])).toContain(`busybox[${pid}]: syslog(2) READ_CLEAR`);
});

describe('whom rate limits hold back while it is watched', () => {
  const settings = ['all', 'ratelimit0'].flatMap((name) =>
    ['log_martians', 'rp_filter'].map((setting) => `/proc/sys/net/ipv4/conf/${name}/${setting}`),
  );

  beforeAll(() => {
    for (const line of [
      'ip netns add ratelimit',
      'ip link add ratelimit0 type veth peer name ratelimit1 netns ratelimit',
      'ip addr add 10.9.0.1/24 dev ratelimit0',
      'ip link set ratelimit0 up',
      'ip -n ratelimit addr add 192.0.2.77/32 dev ratelimit1',
      'ip -n ratelimit link set ratelimit1 up',
      'ip -n ratelimit route add 10.9.0.1 dev ratelimit1 src 192.0.2.77',
    ])
      call(...(line.split(' ') as [string, ...string[]]));
    // Without a look-up: its request would be one more martian.
    const mac = readFileSync('/sys/class/net/ratelimit0/address', 'latin1').trim();
    call('ip', '-n', 'ratelimit', 'neigh', 'add', '10.9.0.1', 'lladdr', mac, 'dev', 'ratelimit1');
    for (const file of settings) writeFileSync(file, '1');
  });
  afterAll(() => {
    call('ip', 'link', 'del', 'ratelimit0');
    call('ip', 'netns', 'del', 'ratelimit');
  });

  it('functions of the kernel and writers of /dev/kmsg, and nothing of it is left', async () => {
    writeFileSync(DEVKMSG, 'ratelimit\n');
    const run = await KwhoRun.start('why', '--watch', '20s', '--json');
    expect(leftovers().instances).toHaveLength(2);
    const martians = `socket(S, PF_INET, SOCK_DGRAM, 0); bind(S, sockaddr_in(0, inet_aton("192.0.2.77"))) or die;
for (1 .. 60) { send(S, "x", 0, sockaddr_in(9, inet_aton("10.9.0.1"))) or die }`;
    expect(call('ip', 'netns', 'exec', 'ratelimit', 'perl', '-MSocket', '-e', martians).status).toBe(0);
    const burst = 'open(F, ">/dev/kmsg") or die; syswrite(F, "burst $_\\n") for 1 .. 30; sleep 1';
    const { pid } = call('perl', '-e', burst);
    // A page fault that kills is told through printk_ratelimit(), ten times in five seconds.
    const faults = 'for (1 .. 16) { my $p = fork; unpack("p", pack("L!", 1)) if !$p; waitpid $p, 0 }';
    call('perl', '-e', faults);
    expect(await run.ended(), run.stderr).toBe(1);
    const document = JSON.parse(run.stdout);
    expect(validate(whySchema, document)).toEqual([]);
    const found = (cause: string): Finding => document.findings.find((each: Finding) => each.cause === cause);
    expect(document.findings[0].cause).toMatch(/ratelimited-live$/);
    expect(evidence(found('ratelimited-live'))).toMatch(
      /ip_handle_martian_source\(\) by net_ratelimit\(\): [45]\d of 60 held back/,
    );
    expect(evidence(found('ratelimited-live'))).toMatch(
      /show_signal_msg\(\) by printk_ratelimit\(\): \d of 16 held back/,
    );
    expect(evidence(found('devkmsg-ratelimited-live'))).toContain(`perl[${pid}]: 20 of 30 held back`);
    expect(document.notChecked.filter((line: string) => /hold|rate limit/.test(line))).toEqual([
      expect.stringMatching(/: rate limits of single places .*___ratelimit\(\) cannot be probed/),
    ]);
    expect(leftovers()).toEqual(NOTHING);
  });
});
