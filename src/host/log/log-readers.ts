import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LogReader } from '../../decode/log-facts.js';
import { findLogHolders } from '../log-holders.js';
import { listProcesses, readProcess } from '../process-facts.js';
import { type LogWorld, readText } from './log-world.js';

/**
 * Who reads the kernel log: /dev/kmsg and /proc/kmsg by open files, syslog(2) READ by the call a thread waits in
 * (/proc/PID/task/TID/syscall, proc(5)): it needs no file.
 * @param self left out
 */
export function findLogReaders(world: LogWorld, self: number): { readers: LogReader[]; unseen: number } {
  const proc = join(world.root, '/proc');
  const found = new Map<string, Pick<LogReader, 'pid' | 'door'>>();
  let unseen = 0;
  for (const holders of findLogHolders(proc)) {
    if (holders === null) unseen++;
    for (const { pid, door, mode } of holders ?? [])
      if (mode !== 'write') found.set(`${pid} ${door}`, { pid, door });
  }
  for (const pid of listProcesses(proc))
    if (waitsInSyslog(world, pid)) found.set(`${pid} syslog`, { pid, door: 'syslog' });
  const readers = [...found.values()].flatMap(({ pid, door }): LogReader[] => {
    if (pid === self) return [];
    const facts = readProcess(proc, pid);
    return facts === null ? [] : [{ pid, door, comm: facts.comm, cmdline: facts.cmdline }];
  });
  return { readers, unseen };
}

/** `103 0x2 …`: syslog(2)'s number on this machine, and the action READ. */
function waitsInSyslog(world: LogWorld, pid: number): boolean {
  let threads: string[];
  try {
    threads = readdirSync(join(world.root, `/proc/${pid}/task`));
  } catch {
    return false;
  }
  return threads.some((tid) => {
    const text = readText(world, `/proc/${pid}/task/${tid}/syscall`);
    return text !== null && SYSLOG_READ.test(text);
  });
}

/** 103 on x86, arm, powerpc and s390; 116 where asm-generic/unistd.h rules, where 103 is setitimer's. */
const SYSLOG_READ =
  process.arch === 'arm64' || process.arch === 'riscv64' || process.arch === 'loong64'
    ? /^116 0x2 /
    : /^103 0x2 /;
