import { closeSync, constants, openSync } from 'node:fs';
import { locateTracefs } from '../../host/tracefs-mount.js';
import { doorsAmong, traceDoors } from '../../tracefs/door-tracing.js';
import { DynamicEvents } from '../../tracefs/dynamic-events.js';
import { TraceInstance } from '../../tracefs/instance.js';
import {
  findLogSymbols,
  ftraceSwitchedOff,
  type LogTracing,
  SYSLOG_NUMBER,
  setUpLogTracing,
} from '../log-tracing.js';
import { chooseReader } from '../trace-reader.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, wordsOf } from './finding.js';

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
    tellFunctions(found, tracing, off, fired);
    tellProbes(found, tracing, off, fired);
    tellEvents(found, instance.group, tracing);
    tellIdentities(found, tracing, off);
  } finally {
    journal.undo();
  }
  trySyscallEvents(found, tracefs, host);
  return { findings: found.list };
}

/** What the ring buffer has of one open of /dev/kmsg. Recording lasts as long as that; then the tracer is off again. */
function fire(instance: TraceInstance, devKmsg: string): Fired | null {
  let opened = true;
  instance.set('tracing_on', '1');
  try {
    closeSync(openSync(devKmsg, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY));
  } catch {
    // A refused open comes through the same function; one of a file that is not there does not.
    opened = false;
  }
  instance.set('tracing_on', '0');
  // Before the tracer is off: another tracer empties the buffer.
  const trace = instance.read('trace');
  instance.set('current_tracer', 'nop');
  const fired = { byFunction: /: devkmsg_open <-/.test(trace), byProbe: /: out_devkmsg_open: /.test(trace) };
  return opened || fired.byFunction || fired.byProbe ? fired : null;
}

/** Which of the hooks on devkmsg_open() have fired; null in its place where nothing could be opened. */
interface Fired {
  byFunction: boolean;
  byProbe: boolean;
}

const SWITCHED_OFF = ['not tried: kernel.ftrace_enabled is 0', 'sysctl kernel.ftrace_enabled=1'] as const;
const OTHER_MEANS =
  'a kernel built with CONFIG_DYNAMIC_FTRACE; until then kwho uses probes and system call events';
const SILENT =
  'look who else traces: cat /sys/kernel/tracing/enabled_functions; kwho log says if it sees nothing';

function tellFunctions(found: Findings, { doors }: LogTracing, off: boolean, fired: Fired | null): void {
  const name = 'function tracer';
  const { functions } = doors.hooks;
  if (off) {
    found.no(name, ...SWITCHED_OFF);
    return;
  }
  const refusals = doors.refusals.filter((words) => words.startsWith(name));
  const filter = `filter taken and read back: ${functions.size} functions`;
  if (!doors.backends.includes('function')) found.no(name, refusals.join('; '), OTHER_MEANS);
  else if (fired?.byFunction === false)
    found.no(name, `${filter}; it did not fire when /dev/kmsg was opened`, SILENT);
  else if (refusals.length > 0) found.no(name, `${filter}; ${refusals.join('; ')}`, OTHER_MEANS);
  else found.ok(name, `${filter}; ${fired === null ? 'nothing could be opened to see it fire' : 'it fires'}`);
  const stacks = doors.refusals.filter((words) => words.startsWith('stack trace'));
  if (stacks.length === 0) found.ok('kernel paths', 'func_stack_trace is taken (--stack)');
  else found.no('kernel paths', stacks.join('; '), 'none: without --stack nothing else is missing');
}

function tellProbes(found: Findings, { doors }: LogTracing, off: boolean, fired: Fired | null): void {
  const { entries, returns } = doors.hooks;
  const refused = doors.refusals.filter((words) => words.startsWith('probe on'));
  const kinds = [
    ['kprobe (p:)', entries.size, 'entered with which arguments'],
    ['kretprobe (r:)', returns.size, 'left with which result'],
  ] as const;
  for (const [name, count, what] of kinds) {
    if (off) found.no(name, ...SWITCHED_OFF);
    else if (count === 0) {
      const words = refused.length === 0 ? 'no function of the log can be probed' : refused.join('; ');
      found.no(name, words, 'a kernel built with CONFIG_KPROBE_EVENTS; until then system call events serve');
    } else if (name.startsWith('kret') && fired?.byProbe === false) {
      found.no(name, `${count} probes taken; none fired when /dev/kmsg was opened`, SILENT);
    } else if (refused.length > 0) {
      found.no(
        name,
        `${count} probes taken; ${refused.join('; ')}`,
        'none: the functions that are left serve',
      );
    } else found.ok(name, `${count} functions of the log: ${what}`);
  }
}

/** Events of the kernel's own. */
function tellEvents(found: Findings, group: string, { identities }: LogTracing): void {
  for (const event of identities.events.filter((name) => !name.startsWith(group)))
    found.ok(event, 'taken in the instance');
  for (const words of identities.refusals.filter((text) => !text.startsWith(group))) {
    const [event = words, reason = ''] = words.split(': ');
    found.no(event, reason, 'none: kwho then knows processes from /proc, as far as they live long enough');
  }
}

function tellIdentities(found: Findings, { identities }: LogTracing, off: boolean): void {
  const told = [
    [
      'command lines',
      identities.commandLines,
      /\/(?:words|exec)/,
      'as a process got them, also of one that is gone at once',
    ],
    ['users', identities.credentials, /\/cred:/, 'followed through every change'],
    ['login users', identities.loginuid, /\/loginuid/, 'followed through every login (audit)'],
  ] as const;
  for (const [name, known, probe, what] of told) {
    const refusals = identities.refusals.filter((words) => probe.test(words));
    if (known) found.ok(name, what);
    else if (off) found.no(name, ...SWITCHED_OFF);
    else {
      found.no(
        name,
        refusals.length > 0
          ? refusals.join('; ')
          : 'this kernel lacks the function, or the types to read its arguments',
        'none: from /proc while a process lives (CONFIG_DEBUG_INFO_BTF, CONFIG_PROC_EVENTS, CONFIG_AUDIT have them)',
      );
    }
  }
}

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
