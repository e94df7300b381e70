import { closeSync, constants, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.js';
import { dynamicEvents, dynamicEventsFile } from './dynamic-events.js';
import { ownerOfName } from './instance.js';
import { KernelJournal } from './journal.js';
import { kernelMedium } from './medium.js';

export interface Orphan {
  /** The dead kwho's process id. */
  pid: number;
  instances: string[];
  /** `kwho_123/exec`. */
  events: string[];
}

/**
 * What dead runs left behind: instances `kwho-PID` and dynamic events of the group `kwho_PID` without a living owner.
 * A living kwho holds its instance's `trace_pipe` open, which lets nobody else open it (EBUSY). That works across
 * process-id namespaces too; the process id only covers the moment between making the instance and opening the pipe.
 */
export function findOrphans(tracefs: string, proc: string): Orphan[] {
  const orphans = new Map<number, Orphan>();
  const entry = (pid: number) => {
    const known = orphans.get(pid) ?? { pid, instances: [], events: [] };
    orphans.set(pid, known);
    return known;
  };
  for (const name of readdirSync(join(tracefs, 'instances'))) {
    const pid = ownerOfName(name);
    if (pid !== null) entry(pid).instances.push(join(tracefs, 'instances', name));
  }
  for (const line of dynamicEvents(tracefs).split('\n')) {
    const event = /^[a-z]\d*:(\S+)/.exec(line)?.[1];
    if (event === undefined) continue;
    const pid = ownerOfName(event.split('/')[0] ?? '');
    if (pid !== null) entry(pid).events.push(event);
  }
  return [...orphans.values()].filter((orphan) => !isOwned(orphan, proc));
}

/** Removes an orphan: its instances first, which lets go of its events. Returns what could not be removed. */
export function removeOrphan(tracefs: string, orphan: Orphan): string[] {
  const file = dynamicEventsFile(tracefs);
  const journal = new KernelJournal(kernelMedium);
  for (const event of orphan.events) {
    journal.hold(event, () =>
      kernelMedium.apply({
        kind: 'write',
        path: file,
        text: `-:${event}`,
        append: true,
      }),
    );
  }
  for (const instance of orphan.instances) {
    journal.hold(instance, () => kernelMedium.apply({ kind: 'rmdir', path: instance }));
    // On 6.1 and 6.12 the next new instance would inherit this option from a removed one.
    const option = join(instance, 'options/func_stack_trace');
    journal.hold(option, () => kernelMedium.apply({ kind: 'write', path: option, text: '0', append: false }));
  }
  return journal.undo().map(({ what, error }) => `${what} (${systemCode(error) ?? String(error)})`);
}

function isOwned({ pid, instances }: Orphan, proc: string): boolean {
  // A run makes its instances before its events and removes them after them: events alone have no owner.
  return instances.some(
    (instance) => isPipeTaken(join(instance, 'trace_pipe')) || isAliveSince(proc, pid, instance),
  );
}

function isPipeTaken(pipe: string): boolean {
  try {
    closeSync(openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK));
    return false;
  } catch (error) {
    return systemCode(error) === 'EBUSY';
  }
}

/** Clock ticks of /proc/PID/stat: USER_HZ is 100 on every architecture that Node runs on. */
const TICK_MS = 10;
const SLACK_MS = 2000;

/** The owner lives, and is no later process that got the same id: it is older than the instance of its name. */
function isAliveSince(proc: string, pid: number, instance: string): boolean {
  try {
    const stat = readFileSync(join(proc, String(pid), 'stat'), 'latin1');
    const startTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const bootSeconds = Number(/^btime (\d+)/m.exec(readFileSync(join(proc, 'stat'), 'latin1'))?.[1]);
    const born = bootSeconds * 1000 + startTicks * TICK_MS;
    return born <= statSync(instance).ctimeMs + SLACK_MS;
  } catch {
    return false;
  }
}
