import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ByteString } from '../decode/trace-record.js';
import { containerOf } from './cgroup-identity.js';

/** What /proc says of one process (proc(5)). A file that is missing or denied leaves null in its own field only. */
export interface ProcessFacts {
  /** Of the process, whichever of its threads was asked for. */
  pid: number;
  ppid: number;
  comm: ByteString;
  /** When it started, in clock ticks since boot: tells two users of one pid apart. */
  startTicks: number;
  exe: ByteString | null;
  /** null where there is none: kernel threads and zombies. */
  cmdline: ByteString[] | null;
  uid: number | null;
  euid: number | null;
  /** Who logged in, whatever su or sudo came after; null for services and without audit. */
  loginuid: number | null;
  /** Path in the hierarchy that says most: version 2, systemd's own, any. */
  cgroup: ByteString | null;
  kernelThread: boolean;
  /** What the control group's path says of a container: `docker:0123456789ab`. */
  containerHint: string | null;
}

/** null when the process is gone, or `hidepid` keeps even its stat file from us. */
export function readProcess(procRoot: string, pid: number): ProcessFacts | null {
  const folder = `${procRoot}/${pid}`;
  const stat = parseStat(read(`${folder}/stat`));
  if (stat === null) return null;
  const status = read(`${folder}/status`);
  const [uid, euid] = statusNumbers(status, 'Uid');
  const cgroup = chooseCgroup(read(`${folder}/cgroup`));
  const comm = read(`${folder}/comm`);
  return {
    pid: statusNumbers(status, 'Tgid')[0] ?? pid,
    ppid: stat.ppid,
    comm: comm === null || comm === '' ? stat.comm : withoutNewline(comm),
    startTicks: stat.startTicks,
    exe: readLink(`${folder}/exe`),
    cmdline: stat.kernelThread ? null : parseCmdline(read(`${folder}/cmdline`)),
    uid: uid ?? null,
    euid: euid ?? null,
    loginuid: parseLoginuid(read(`${folder}/loginuid`)),
    cgroup,
    kernelThread: stat.kernelThread,
    containerHint: cgroup === null ? null : containerOf(cgroup),
  };
}

/** Every process that /proc lists, ascending. */
export function listProcesses(procRoot: string): number[] {
  const names = readdirSync(procRoot).filter((name) => /^[1-9]\d*$/.test(name));
  return names.map(Number).sort((a, b) => a - b);
}

/** The process a thread belongs to; null when it is gone. */
export function threadGroupOf(procRoot: string, tid: number): number | null {
  return statusNumbers(read(`${procRoot}/${tid}/status`), 'Tgid')[0] ?? null;
}

interface Stat {
  comm: ByteString;
  ppid: number;
  startTicks: number;
  kernelThread: boolean;
}

/** PF_KTHREAD of include/linux/sched.h. */
const KERNEL_THREAD = 0x0020_0000;

function read(path: string): ByteString | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null; // gone, denied, or not built into this kernel: all the same to the reader
  }
}

function readLink(path: string): ByteString | null {
  try {
    return readlinkSync(path, 'latin1');
  } catch {
    return null;
  }
}

/** A process names itself, `) S 1 (` included: only the last parenthesis is the kernel's. */
function parseStat(stat: ByteString | null): Stat | null {
  if (stat === null) return null;
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  if (open === -1 || close < open) return null;
  // From field 3, the state, on.
  const fields = stat.slice(close + 2).split(' ');
  const [ppid, flags, startTicks] = [fields[1], fields[6], fields[19]].map(Number);
  if (ppid === undefined || flags === undefined || startTicks === undefined || !Number.isFinite(startTicks))
    return null;
  return {
    comm: unescapeName(stat.slice(open + 1, close)),
    ppid,
    startTicks,
    kernelThread: (flags & KERNEL_THREAD) !== 0,
  };
}

/** In stat, unlike comm, newlines and backslashes are escaped (fs/proc/array.c proc_task_name()). */
function unescapeName(name: ByteString): ByteString {
  return name.replace(/\\([n\\])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : '\\'));
}

function withoutNewline(text: ByteString): ByteString {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** The numbers of one line of status; names in it are escaped, so that no process can forge a line. */
function statusNumbers(status: ByteString | null, label: string): number[] {
  if (status === null) return [];
  const start = status.indexOf(`\n${label}:\t`);
  if (start === -1) return [];
  const end = status.indexOf('\n', start + 1);
  const line = status.slice(start + label.length + 3, end === -1 ? undefined : end);
  return line.split('\t').map(Number).filter(Number.isSafeInteger);
}

function parseCmdline(cmdline: ByteString | null): ByteString[] | null {
  if (cmdline === null || cmdline === '') return null;
  const args = (cmdline.endsWith('\0') ? cmdline.slice(0, -1) : cmdline).split('\0');
  // A title written over the arguments leaves the rest of them as NULs: `postgres: checkpointer `.
  const isTitle = args[0]?.includes(' ') && args.slice(1).every((arg) => arg === '');
  return isTitle ? args.slice(0, 1) : args;
}

/** 4294967295 is the kernel's "never set". */
function parseLoginuid(loginuid: ByteString | null): number | null {
  if (loginuid === null || !/^\d+\n?$/.test(loginuid)) return null;
  const uid = Number(loginuid);
  return uid === 0xffff_ffff ? null : uid;
}

/**
 * Lines are `0::/path` (version 2) or `4:memory:/path` (version 1). On hosts with both, the one that a container
 * runtime did not use says only `/`.
 */
function chooseCgroup(cgroup: ByteString | null): ByteString | null {
  if (cgroup === null) return null;
  const groups = cgroup.split('\n').flatMap((line) => {
    const [hierarchy, controllers, ...path] = line.split(':');
    if (hierarchy === undefined || controllers === undefined || path.length === 0) return [];
    return {
      rank: controllers === '' ? 0 : controllers === 'name=systemd' ? 1 : 2,
      path: path.join(':'),
    };
  });
  groups.sort((a, b) => a.rank - b.rank);
  return (groups.find((group) => group.path !== '/') ?? groups[0])?.path ?? null;
}
