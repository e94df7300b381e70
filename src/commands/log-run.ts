import { readFileSync, readlinkSync } from 'node:fs';
import { release } from 'node:os';
import type { TraceRecord } from '../decode/trace-record.js';
import { UnavailableError } from '../errors.js';
import { threadGroupOf } from '../host/process-facts.js';
import { locateTracefs } from '../host/tracefs-mount.js';
import { ProcessTable } from '../model/process-table.js';
import { type OutputChannel, openStandardOutput } from '../output/channel.js';
import { LogTextSink } from '../output/log-text.js';
import { NdjsonSink } from '../output/ndjson.js';
import { wantsColor } from '../output/paint.js';
import type { EventSink } from '../output/sink.js';
import { doorsAmong } from '../tracefs/door-tracing.js';
import { missedHits } from '../tracefs/dynamic-events.js';
import { TraceInstance } from '../tracefs/instance.js';
import { KernelJournal } from '../tracefs/journal.js';
import { kernelMedium } from '../tracefs/medium.js';
import { readLosses } from '../tracefs/page-source.js';
import { Identities } from './identity.js';
import { tellHolders, tellLogBefore } from './log-before.js';
import { LogInvestigation } from './log-investigation.js';
import type { LogOptions } from './log-options.js';
import { findLogSymbols, type LogTracing, setUpLogTracing } from './log-tracing.js';
import { removeOrphans } from './orphans.js';
import { ReadyFile } from './ready-file.js';
import { Stop } from './stop.js';
import { chooseReader, openReader, type ReaderChoice, type TraceReader } from './trace-reader.js';
import { undoOnExit } from './undo-on-exit.js';
import { userNames } from './user-names.js';

const PROC = '/proc';
const SYS = '/sys';

/** `kwho log` on this host's kernel, until it is told to stop. Returns the exit status. */
export async function runLog(options: LogOptions): Promise<number> {
  const out = openStandardOutput();
  const readyFile = new ReadyFile(options.readyFile);
  const tracefs = locateTracefs(PROC);
  const removed = removeOrphans(tracefs, PROC);
  const stop = new Stop();
  const journal = new KernelJournal(kernelMedium);
  const restore = undoOnExit(journal);
  try {
    const symbols = findLogSymbols(tracefs, PROC);
    const doors = doorsAmong(symbols).map(({ symbol }) => symbol);
    const choice = chooseReader(options.reader, tracefs, PROC, doors);
    const instance = new TraceInstance(tracefs, process.pid, journal);
    const tracing = setUpLogTracing(instance, journal, {
      symbols,
      stack: options.stack,
      bufferKib: options.bufferKib,
      text: choice.kind === 'text',
      dryRun: false,
      proc: PROC,
      sys: SYS,
    });
    requireBackend(tracing);
    const run = assemble(instance, journal, tracing, choice, options, out);
    run.investigation.notice('started', 'info', ...describeStart(tracing, choice, options));
    for (const text of removed) run.investigation.notice('orphan', 'warning', text);
    for (const reason of tracing.doors.refusals) run.investigation.notice('reduced', 'warning', reason);
    instance.set('tracing_on', '1');
    tellLogBefore(run.investigation);
    const proc = sharesPidNumbers() ? PROC : null;
    // A host may have ten thousand processes: what is not looked at within this time is looked at while watching.
    const survey = [run.identities.scan(), tellHolders(run.investigation, run.identities, proc)];
    for (const part of survey) advance(part, SURVEY_FIRST_MS);
    readyFile.announce();
    stop.after(options.forMs);
    await watch(run, survey, out, stop);
    if (!survey.every((part) => advance(part, SURVEY_FIRST_MS))) {
      run.investigation.notice(
        'survey-unfinished',
        'warning',
        'not every process could be looked at: the run was too short',
      );
    }
    finish(instance, tracing, run);
  } finally {
    restore();
    await out.drain(stop.signal === null ? DRAIN_MS : DRAIN_AFTER_SIGNAL_MS);
  }
  return stop.status;
}

interface Run {
  investigation: LogInvestigation;
  identities: Identities;
  reader: TraceReader;
  sink: EventSink;
}

/** Wires sources, decoder, model and output into one. */
function assemble(
  instance: TraceInstance,
  journal: KernelJournal,
  { doors, identities: coverage }: LogTracing,
  choice: ReaderChoice,
  options: LogOptions,
  out: OutputChannel,
): Run {
  const clockNs = Number(process.hrtime.bigint());
  const proc = sharesPidNumbers() ? PROC : null;
  const groupOf = (tid: number) => (proc === null ? null : threadGroupOf(proc, tid));
  const table = new ProcessTable(coverage, groupOf, cgroupHierarchy());
  const identities = new Identities(table, proc, clockNs);
  const sink = options.json ? new NdjsonSink(out) : textSink(options, out, Date.now() - clockNs / 1e6);
  const investigation = new LogInvestigation({
    hooks: doors.hooks,
    table,
    identities,
    sink,
    filter: options,
    maxEvents: options.maxEvents,
    backends: [...doors.backends, choice.kind],
    blindSpots: [
      ...doors.blindSpots,
      ...(coverage.commandLines ? [] : [COMMAND_BLIND_SPOT]),
      ...(proc === null ? [NAMESPACE_BLIND_SPOT] : []),
    ],
    self: proc === null ? null : process.pid,
  });
  const reader = openReader(instance, journal, {
    choice,
    events: [...doors.events, ...coverage.events],
    stack: options.stack,
    proc: PROC,
    emit: (record: TraceRecord) => investigation.record(record),
  });
  return { investigation, identities, reader, sink };
}

const COMMAND_BLIND_SPOT = 'command lines of processes that were gone before /proc could be read';

const NAMESPACE_BLIND_SPOT =
  'processes that were there before: kwho runs in a pid namespace of its own, where /proc numbers them differently';

/** The kernel's records number processes as the initial pid namespace does (include/linux/proc_ns.h). */
function sharesPidNumbers(): boolean {
  try {
    return readlinkSync(`${PROC}/self/ns/pid`) === 'pid:[4026531836]';
  } catch {
    return true;
  }
}

function textSink(options: LogOptions, out: OutputChannel, wallAtZero: number): EventSink {
  return new LogTextSink(out, {
    all: options.all,
    color: wantsColor(process.stdout.isTTY === true, process.env),
    wall: (time) => wallAtZero + time * 1000,
    now: () => performance.now(),
    userName: userNames(),
  });
}

/** Reads, decodes and tells until something ends the run. */
async function watch(
  { reader, investigation, sink }: Run,
  survey: readonly Generator<void>[],
  out: OutputChannel,
  stop: Stop,
): Promise<void> {
  let pause = SHORTEST_PAUSE_MS;
  while (!stop.reached && !investigation.done && !out.closed) {
    // Whoever takes our output too slowly makes the ring buffer overflow, where losses are counted.
    const any = out.backlog < MOST_WAITING && reader.poll();
    sink.tick();
    const busy = survey.some((part) => !advance(part, SURVEY_STEP_MS));
    pause = any || busy ? SHORTEST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
    await stop.wait(pause);
  }
}

/** Goes on with a part of the survey for this long. True when it is done. */
function advance(part: Generator<void>, milliseconds: number): boolean {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) if (part.next().done === true) return true;
  return false;
}

const SURVEY_FIRST_MS = 150;
const SURVEY_STEP_MS = 10;
const SHORTEST_PAUSE_MS = 5;
/** Also the longest that an access waits to be told. */
const LONGEST_PAUSE_MS = 40;
const MOST_WAITING = 4 << 20;
const DRAIN_MS = 5000;
const DRAIN_AFTER_SIGNAL_MS = 500;

/** Stops the recording, reads what is left, and closes the account. */
function finish(instance: TraceInstance, tracing: LogTracing, { reader, investigation }: Run): void {
  instance.set('tracing_on', '0');
  while (!investigation.done && reader.poll()) {}
  reader.finish();
  investigation.missed(missedHits(instance.tracefs, new Set(tracing.doors.events)));
  investigation.finish(readLosses(instance.path));
}

function requireBackend({ doors }: LogTracing): void {
  if (doors.backends.length > 0) return;
  throw new UnavailableError(`nothing of this kernel's tracing can be used: ${doors.refusals.join('; ')}`, {
    code: 'no-backend',
    hint: 'the kernel may be locked down, or built without CONFIG_FUNCTION_TRACER, CONFIG_KPROBE_EVENTS and CONFIG_FTRACE_SYSCALLS',
  });
}

function describeStart(
  { doors, identities, clock }: LogTracing,
  choice: ReaderChoice,
  options: LogOptions,
): [string, { details: Record<string, unknown> }] {
  const means = doors.backends.join(' + ');
  const why = choice.reason === null ? '' : ` (not pages: ${choice.reason})`;
  return [
    `watching the kernel log of Linux ${release()} with ${means}, read as ${choice.kind}${why}`,
    {
      details: {
        kernel: release(),
        clock,
        reader: choice.kind,
        functions: [...doors.hooks.functions.keys()],
        identities: identities.refusals,
        stack: options.stack,
      },
    },
  ];
}

/** The hierarchy whose paths name units and containers: version 2's is 0, systemd's own one otherwise. */
function cgroupHierarchy(): number {
  try {
    const lines = readFileSync(`${PROC}/self/cgroup`, 'latin1').split('\n');
    const line =
      lines.find((text) => text.startsWith('0::/')) ?? lines.find((text) => text.includes(':name=systemd:'));
    return Number(line?.split(':')[0] ?? 0);
  } catch {
    return 0;
  }
}
