import { writeSync } from 'node:fs';
import { arch, release } from 'node:os';
import { runWithin } from '../../host/command.js';
import { KernelJournal } from '../../tracefs/journal.js';
import { kernelMedium } from '../../tracefs/medium.js';
import { moduleCache } from '../stap/modules.js';
import { undoOnExit } from '../undo-on-exit.js';
import type { CheckedHost, CheckResult } from './check.js';
import { checkOf } from './checks.js';
import { wordsOf } from './finding.js';
import { unfinished } from './unfinished.js';

/**
 * A process of its own: does the checks that are its arguments and tells of each, in a line of JSON, that it begins
 * and what came of it. A call into the kernel that never returns, or a native library that crashes, costs this process
 * and not the report.
 */
const journal = new KernelJournal(kernelMedium);
const undo = undoOnExit(journal);
/** stap --version reads the libraries of a compiler first. */
const PROGRAM_MS = 10_000;
const host: CheckedHost = {
  proc: '/proc',
  sys: '/sys',
  devKmsg: '/dev/kmsg',
  modules: '/lib/modules',
  release: release(),
  arch: arch(),
  uid: process.geteuid?.() ?? null,
  run: runWithin(PROGRAM_MS),
  lastStapFailure: (command) => moduleCache().lastFailure(command, release()),
  journal,
};

let isStopped = false;
// What is under way is taken back first; the trials themselves hear no signal.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
  process.on(signal, () => {
    isStopped = true;
  });

for (const name of process.argv.slice(2)) {
  tell({ begin: name });
  tell({ end: name, ...(await resultOf(name)) });
  if (isStopped) break;
}
process.exit();

async function resultOf(name: string): Promise<CheckResult> {
  try {
    const check = await checkOf(name);
    return await check(host);
  } catch (error) {
    return unfinished(name, wordsOf(error).text);
  } finally {
    undo();
  }
}

/** To a pipe that the other end empties; without it there is nobody left to tell. */
function tell(message: object): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
  } catch {
    process.exit(1);
  }
}
