import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.js';
import type { RunCommand } from '../host/command.js';

/** A module of kwho's in the kernel: `kwho_drops_1234` is of the staprun, and then stapio, with this process id. */
export interface LoadedModule {
  name: string;
  pid: number;
  /** Whoever attends to it holds its control file open. */
  users: number;
}

/** What `/proc/modules` lists of kwho's. @param proc root of the proc file system */
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
    const pid = /^kwho_[a-z0-9_]*?_?(\d+)$/.exec(name)?.[1];
    return pid === undefined ? [] : [{ name, pid: Number(pid), users: Number(users) }];
  });
}

/**
 * Modules whose staprun died without removing them. One in use is never among them, and could not be removed either;
 * the process id only covers the moment between loading and attaching.
 */
export function orphanedModules(proc: string): LoadedModule[] {
  return loadedModules(proc).filter(({ pid, users }) => users === 0 && !existsSync(join(proc, String(pid))));
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
