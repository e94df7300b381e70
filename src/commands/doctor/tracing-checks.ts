import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ftraceSwitchedOff } from '../../host/ftrace-switch.js';
import { locateTracefs } from '../../host/tracefs-mount.js';
import { doorsAmong } from '../../tracefs/door-tracing.js';
import { TraceInstance } from '../../tracefs/instance.js';
import { findLogSymbols } from '../log-tracing.js';
import { chooseReader } from '../trace-reader.js';
import { chooseClock } from '../trace-settings.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, wordsOf } from './finding.js';

/** Where tracefs is, and whether a private instance can be had. */
export function checkTracing(host: CheckedHost): CheckResult {
  const found = new Findings('tracing');
  checkSwitch(found, host.proc);
  let tracefs: string;
  try {
    tracefs = locateTracefs(host.proc);
  } catch (error) {
    found.failed('tracefs', error, 'mount -t tracefs nodev /sys/kernel/tracing');
    found.unknown('instance', 'not tried: tracefs cannot be used', null);
    return { findings: found.list };
  }
  const { mode, uid, gid } = statSync(tracefs);
  found.ok('tracefs', `${tracefs}, mode ${(mode & 0o7777).toString(8)}, of uid ${uid} and gid ${gid}`);
  tryInstance(found, tracefs, host);
  tellReader(found, tracefs, host.proc);
  return { findings: found.list };
}

function checkSwitch(found: Findings, proc: string): void {
  const file = 'sys/kernel/ftrace_enabled';
  const off = ftraceSwitchedOff(proc);
  if (off !== null) found.no('ftrace_enabled', off, 'sysctl kernel.ftrace_enabled=1');
  else if (existsSync(join(proc, file))) found.ok('ftrace_enabled', 'kernel.ftrace_enabled is 1');
  else {
    found.no(
      'ftrace_enabled',
      `${join(proc, file)} is not there: this kernel has no function tracer`,
      'a kernel built with CONFIG_FUNCTION_TRACER; without it probes and system call events serve',
    );
  }
}

function tryInstance(found: Findings, tracefs: string, { journal }: CheckedHost): void {
  try {
    const instance = new TraceInstance(tracefs, process.pid, journal);
    instance.set('tracing_on', '0');
    const text = instance.read('buffer_size_kb').trim();
    // Up to the first use it is small: `7 (expanded: 1408)`.
    const size = /expanded: (\d+)/.exec(text)?.[1] ?? text;
    found.ok(
      'instance',
      `a private one can be made; ring buffer per CPU ${size} KiB, clock ${chooseClock(instance)}`,
    );
  } catch (error) {
    found.failed('instance', error, 'the kernel may be short of memory for another ring buffer');
  } finally {
    journal.undo();
  }
}

function tellReader(found: Findings, tracefs: string, proc: string): void {
  try {
    const functions = doorsAmong(findLogSymbols(tracefs, proc)).map(({ symbol }) => symbol);
    const { reason } = chooseReader('auto', tracefs, proc, functions);
    if (reason === null) {
      found.ok('binary pages', 'the ring buffer can be read as pages, which nothing can forge');
    } else {
      found.no(
        'binary pages',
        reason,
        /kptr_restrict/.test(reason)
          ? 'sysctl kernel.kptr_restrict=1; until then kwho reads trace text, which names can forge'
          : 'none: kwho reads trace text, and asks for no string that could forge a line of it',
      );
    }
  } catch (error) {
    found.unknown('binary pages', wordsOf(error).text, 'kwho reads trace text where pages cannot be read');
  }
}
