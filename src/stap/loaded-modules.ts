import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.js';
import type { RunCommand } from '../host/command.js';

/** A module of kwho's in the kernel. */
export interface LoadedModule {
  name: string;
  /** Process id of the staprun, and then stapio, that `kwho_drops_co_1234` is named after; null where the name tells none. */
  pid: number | null;
  /** Whoever attends to it holds its control file open. */
  users: number;
}

/** What `/proc/modules` lists of kwho's; a kernel without modules has no such file. @param proc root of the proc file system */
export function loadedModules(proc: string): LoadedModule[] {
  try {
    return parseModules(readFileSync(join(proc, 'modules'), 'latin1'));
  } catch (error) {
    // A kernel without modules has no such file.
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Lines `name size users …` (kernel/module/procfs.c m_show()). */
export function parseModules(text: string): LoadedModule[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , users] = line.split(' ');
    if (!name.startsWith('kwho_')) return [];
    const pid = /_(\d+)$/.exec(name)?.[1];
    return [{ name, pid: pid === undefined ? null : Number(pid), users: Number(users) }];
  });
}

/**
 * Modules whose staprun died without removing them. One in use is never among them, and could not be removed either;
 * for the moment between loading and attaching, its staprun is looked for.
 */
export function orphanedModules(proc: string): LoadedModule[] {
  return loadedModules(proc).filter(
    ({ name, pid, users }) =>
      users === 0 && (pid === null ? !isNamed(proc, name) : !existsSync(join(proc, String(pid)))),
  );
}

/** Whether a staprun or stapio has this module, or its file, on its command line. */
function isNamed(proc: string, name: string): boolean {
  return readdirSync(proc).some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(join(proc, pid, 'cmdline'), 'latin1').split('\0');
      return /(^|\/)stap(run|io)$/.test(words[0] ?? '') && words.some((word) => word.includes(name));
    } catch {
      return false;
    }
  });
}

/**
 * Removes a module that nobody attends to: its probes go with it.
 * @returns why it could not be removed, in a few words; null where it is gone
 */
export async function removeModule(name: string, run: RunCommand, proc: string): Promise<string | null> {
  const attempts = [
    ['staprun', '-d', name],
    ['rmmod', name],
  ] as const;
  let why = 'neither staprun nor rmmod is installed';
  for (const [program, ...args] of attempts) {
    const result = await run(program, args);
    if (!loadedModules(proc).some((module) => module.name === name)) return null;
    if (result.outcome === 'done') why = result.stderr.trim().split('\n').at(-1) ?? `status ${result.status}`;
    else if (result.outcome !== 'missing') why = `${program}: ${result.outcome}`;
  }
  return why;
}
