import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A log daemon of this guest, which has no init to run it. */
export class Daemon {
  readonly child: ChildProcess;

  constructor(command: string, ...args: string[]) {
    this.child = spawn(command, args, { stdio: 'ignore' });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async end(): Promise<void> {
    this.child.kill('SIGCONT');
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }
}

/** rsyslog with Debian's own configuration, or with this one. */
export function rsyslog(config?: string): Daemon {
  if (config === undefined) return new Daemon('rsyslogd', '-n', '-i', '/run/rsyslogd.pid');
  writeFileSync('/run/rsyslog-test.conf', config);
  return new Daemon('rsyslogd', '-n', '-i', '/run/rsyslogd.pid', '-f', '/run/rsyslog-test.conf');
}

/** journald without systemd, with these lines in a drop-in. */
export function journald(...settings: string[]): Daemon {
  mkdirSync('/run/systemd/journal', { recursive: true });
  mkdirSync('/run/systemd/journald.conf.d', { recursive: true });
  writeFileSync(DROP_IN, `[Journal]\n${settings.map((line) => `${line}\n`).join('')}`);
  return new Daemon('/usr/lib/systemd/systemd-journald');
}

export const DROP_IN = '/run/systemd/journald.conf.d/test.conf';

/** BusyBox's pair: what klogd reads, syslogd writes to /var/log/messages. */
export function busybox(...syslogdArgs: string[]): [klogd: Daemon, syslogd: Daemon] {
  const syslogd = new Daemon('busybox', 'syslogd', '-n', ...syslogdArgs);
  return [new Daemon('busybox', 'klogd', '-n'), syslogd];
}

/** As if none of them had ever run. */
export function forgetCollectors(): void {
  for (const file of ['kern.log', 'syslog', 'user.log', 'messages', 'only-mail.log'])
    rmSync(`/var/log/${file}`, { force: true });
  for (const folder of ['/run/log/journal', '/run/systemd']) rmSync(folder, { recursive: true, force: true });
}

/** The kernel itself prints a line of level info, which it otherwise seldom does here: sysrq's help. */
export function kernelMessage(): void {
  const levels = readFileSync('/proc/sys/kernel/printk', 'latin1');
  writeFileSync('/proc/sysrq-trigger', 'h');
  writeFileSync('/proc/sys/kernel/printk', levels);
}

/** Runs until what is asked for is so. */
export async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) if (await is()) return;
  throw new Error(`after a minute still not: ${what}`);
}

/** More than the ring of these guests holds. */
export function overflowRing(): void {
  const settings = '/proc/sys/kernel/printk_devkmsg';
  const before = readFileSync(settings, 'latin1');
  writeFileSync(settings, 'on\n');
  const fd = openSync('/dev/kmsg', 'w');
  for (let i = 0; i < 6000; i++) writeSync(fd, `overflow ${i} ${'.'.repeat(60)}\n`);
  closeSync(fd);
  writeFileSync(settings, before);
}
