import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { ftraceSwitchedOff } from '../../host/ftrace-switch.js';
import { locateTracefs } from '../../host/tracefs-mount.js';
import { doorsAmong, traceDoors } from '../../tracefs/door-tracing.js';
import { DynamicEvents } from '../../tracefs/dynamic-events.js';
import { TraceInstance } from '../../tracefs/instance.js';
import { findLogSymbols, SYSLOG_NUMBER, setUpLogTracing } from '../log-tracing.js';
import { chooseReader } from '../trace-reader.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, wordsOf } from './finding.js';
import { type Fired, tellLogTracing } from './log-trial-findings.js';

/**
 * The log side's events and hooks, set up as `kwho log --stack` does, in an instance of our own. While they are on,
 * /dev/kmsg is opened once: what fires must show it.
 */
export function tryLogTracing(host: CheckedHost): CheckResult {
  const found = new Findings('log events');
  const { journal, proc, sys, devKmsg } = host;
  let tracefs: string;
  try {
    tracefs = locateTracefs(proc);
  } catch {
    for (const name of ['function tracer', 'probes', 'events'])
      found.unknown(name, 'not tried: tracefs cannot be used', null);
    return { findings: found.list };
  }
  try {
    const instance = new TraceInstance(tracefs, process.pid, journal);
    const symbols = findLogSymbols(tracefs, proc);
    const functions = doorsAmong(symbols).map(({ symbol }) => symbol);
    const tracing = setUpLogTracing(instance, journal, {
      ...{ symbols, proc, sys },
      stack: true,
      bufferKib: null,
      text: chooseReader('auto', tracefs, proc, functions).kind === 'text',
      dryRun: false,
    });
    const off = ftraceSwitchedOff(proc) !== null;
    const fired = off ? null : fire(instance, devKmsg);
    tellLogTracing(found, { tracing, group: instance.group, off, fired });
  } finally {
    journal.undo();
  }
  trySyscallEvents(found, tracefs, host);
  return { findings: found.list };
}

/** What the ring buffer has of one open of /dev/kmsg. Recording lasts as long as that; then the tracer is off again. */
function fire(instance: TraceInstance, devKmsg: string): Fired | null {
  instance.set('tracing_on', '1');
  const opened = opensDevice(devKmsg);
  instance.set('tracing_on', '0');
  // Before the tracer is off: another tracer empties the buffer.
  const trace = instance.read('trace');
  instance.set('current_tracer', 'nop');
  const fired = { byFunction: /: devkmsg_open <-/.test(trace), byProbe: /: out_devkmsg_open: /.test(trace) };
  return opened || fired.byFunction || fired.byProbe ? fired : null;
}

/** False also where something else stands in its place, as in containers. */
function opensDevice(path: string): boolean {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      return fstatSync(fd).rdev === KMSG_DEVICE;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

/** Major 1, minor 11 (Documentation/admin-guide/devices.txt). */
const KMSG_DEVICE = (1 << 8) | 11;

/** The means that is left where no function can be traced. */
function trySyscallEvents(found: Findings, tracefs: string, { journal }: CheckedHost): void {
  const name = 'system call events';
  try {
    const instance = new TraceInstance(tracefs, process.pid, journal);
    instance.set('tracing_on', '0');
    const options = { doors: [], stack: false, syscallNumber: SYSLOG_NUMBER, readBack: true };
    const tracing = traceDoors(instance, new DynamicEvents(instance, journal), options);
    const events = tracing.events.join(' + ');
    if (tracing.backends.includes('syscalls'))
      found.ok(name, `${events}: what is left where nothing else works`);
    else {
      const why = tracing.refusals.filter((words) => !words.startsWith('function tracer')).join('; ');
      found.no(name, why, 'none where the function tracer or probes work; they want CONFIG_FTRACE_SYSCALLS');
    }
  } catch (error) {
    found.unknown(name, wordsOf(error).text, null);
  } finally {
    journal.undo();
  }
}
