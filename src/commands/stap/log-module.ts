import { closeSync, openSync, readSync } from 'node:fs';
import { release as runningRelease } from 'node:os';
import { join } from 'node:path';
import { type LogDoor, type LogHooks, logDoorOf } from '../../decode/log-doors.js';
import type { StapHeader } from '../../decode/stap-record.js';
import { stapEventName } from '../../decode/stap-record.js';
import { UnavailableError } from '../../errors.js';
import { findSymbols } from '../../host/symbols.js';
import { logScript } from '../../stap/log-script.js';
import { readTemplate } from '../../stap/template.js';
import type { WantedModule } from './modules.js';

/** The module for a run. */
export function logModule(stack: boolean): WantedModule {
  const script = logScript(readTemplate('log'), {
    release: runningRelease(),
    stackDepth: stack ? STACK_DEPTH : 0,
  });
  return { command: 'log', name: stack ? 'kwho_log_paths' : 'kwho_log_calls', script };
}

const STACK_DEPTH = 32;

/**
 * Holds what a module says of itself against what is wanted of it.
 * @throws UnavailableError where another one has to be built
 */
export function checkLogHeader(header: StapHeader, stack: boolean): void {
  const why =
    header.script !== 'log'
      ? `its script is for kwho ${header.script}`
      : stack && header.stackDepth === 0
        ? 'it tells no kernel paths'
        : null;
  if (why === null) return;
  throw new UnavailableError(`this SystemTap module does not fit: ${why}`, {
    code: 'stap-wrong-module',
    hint: `build one that does: kwho probe log${stack ? ` --stack ${STACK_DEPTH}` : ''} --compile -o kwho_log_calls.ko`,
  });
}

/** What the script's records mean on this kernel: it puts a probe on each of its doors that the kernel has. */
export function logHooks(proc: string): LogHooks {
  const doors = present(proc).flatMap((symbol): LogDoor[] => {
    const door = logDoorOf(symbol);
    return door === null ? [] : [door];
  });
  const named = (kind: 'call' | 'return') =>
    new Map(doors.map((door) => [stapEventName(kind, door.symbol), door]));
  return { functions: new Map(), entries: named('call'), returns: named('return') };
}

function present(proc: string): string[] {
  const fd = openSync(join(proc, 'kallsyms'), 'r');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  try {
    const found = findSymbols(() => {
      const n = readSync(fd, buffer, 0, buffer.length, null);
      return n === 0 ? null : buffer.subarray(0, n);
    }, PROBED);
    return [...found.keys()];
  } finally {
    closeSync(fd);
  }
}

/** The functions that probes/log.stp names. */
const PROBED: ReadonlySet<string> = new Set([
  '__x64_sys_syslog',
  '__ia32_sys_syslog',
  'do_syslog',
  'do_syslog.part.0',
  'kmsg_open',
  'kmsg_read',
  'kmsg_release',
  'devkmsg_open',
  'devkmsg_read',
  'devkmsg_write',
  'devkmsg_llseek',
]);
