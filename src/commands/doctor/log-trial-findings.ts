import type { LogTracing } from '../log-tracing.js';
import { type Findings, SWITCHED_OFF } from './finding.js';

export interface LogTrial {
  tracing: LogTracing;
  /** Of the instance's dynamic events. */
  group: string;
  /** kernel.ftrace_enabled is 0. */
  off: boolean;
  fired: Fired | null;
}

/** Which of the hooks on devkmsg_open() have fired; null in its place where nothing could be opened. */
export interface Fired {
  byFunction: boolean;
  byProbe: boolean;
}

/** What came of setting up the log side, a line for each means. */
export function tellLogTracing(found: Findings, { tracing, group, off, fired }: LogTrial): void {
  tellFunctions(found, tracing, off, fired);
  tellProbes(found, tracing, off, fired);
  tellEvents(found, group, tracing);
  tellIdentities(found, tracing, off);
}

const OTHER_MEANS =
  'a kernel built with CONFIG_DYNAMIC_FTRACE; until then kwho uses probes and system call events';
/** kernel/trace/ftrace.c ftrace_kill() */
const DEAD =
  'ftrace has switched itself off after an error, which dmesg | grep -A40 ftrace shows; only a reboot brings it back';
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
  if (!doors.backends.includes('function'))
    found.no(name, refusals.join('; '), /ENODEV/.test(refusals.join()) ? DEAD : OTHER_MEANS);
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
      const words = refused.length === 0 ? 'no function of the log can be probed' : shortly(refused);
      found.no(name, words, 'a kernel built with CONFIG_KPROBE_EVENTS; until then system call events serve');
    } else if (name.startsWith('kret') && fired?.byProbe === false) {
      found.no(name, `${count} probes taken; none fired when /dev/kmsg was opened`, SILENT);
    } else if (refused.length > 0) {
      found.no(name, `${count} probes taken; ${shortly(refused)}`, 'none: the functions that are left serve');
    } else found.ok(name, `${count} functions of the log: ${what}`);
  }
}

function shortly(refusals: readonly string[]): string {
  const [first = '', ...rest] = new Set(refusals);
  return rest.length === 0 ? first : `${first}; and ${rest.length} more`;
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
