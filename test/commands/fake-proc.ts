import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeProcess {
  pid: number;
  /** The process, where this is another thread of it. */
  tgid?: number;
  ppid?: number;
  comm?: string;
  startTicks?: number;
  exe?: string;
  cmdline?: readonly string[];
  uid?: number;
  loginuid?: number;
  cgroup?: string;
}

/** A folder with the files of /proc that kwho reads, as proc(5) has them. */
export class FakeProc {
  readonly path = mkdtempSync(join(tmpdir(), 'kwho-proc-'));

  constructor(uptimeSeconds = 1000) {
    writeFileSync(join(this.path, 'uptime'), `${uptimeSeconds.toFixed(2)} 1.00\n`);
  }

  put({
    pid,
    tgid = pid,
    ppid = 1,
    comm = 'proc',
    startTicks = 5000,
    exe = '/bin/proc',
    cmdline = ['proc'],
    uid = 0,
    loginuid = 0xffff_ffff,
    cgroup = '/',
  }: FakeProcess): void {
    this.gone(pid);
    const folder = join(this.path, String(pid));
    mkdirSync(folder);
    const stat = ['S', ppid, ...Array(17).fill(0), startTicks, 0];
    const files = {
      stat: `${pid} (${comm}) ${stat.join(' ')}\n`,
      status: `Name:\t${comm}\nTgid:\t${tgid}\nPid:\t${pid}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`,
      comm: `${comm}\n`,
      cmdline: cmdline.map((word) => `${word}\0`).join(''),
      loginuid: String(loginuid),
      cgroup: `0::${cgroup}\n`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, 'latin1');
    symlinkSync(exe, join(folder, 'exe'));
  }

  gone(pid: number): void {
    rmSync(join(this.path, String(pid)), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
