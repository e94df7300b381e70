import type { LogDoor } from '../decode/log-doors.js';
import type { LogFilter } from '../model/log-filter.js';
import type { ProcessSnapshot } from '../model/process.js';
import { ProcessTable } from '../model/process-table.js';
import type { EventSink } from '../output/sink.js';
import { Identities } from './identity.js';
import { LogInvestigation } from './log-investigation.js';
import type { LogFacts } from './log-telling.js';
import { Recall } from './recall.js';
import { isNotice } from './recorded-notice.js';
import {
  type Check,
  isFlag,
  isList,
  isNumber,
  isObject,
  isOneOf,
  isText,
  orNull,
  ShapeError,
} from './recorded-shape.js';
import { ReplayBuffers, type ReplaySide } from './replay-side.js';
import type { Sources } from './side.js';

export interface LogReplayOptions {
  filter: LogFilter;
  maxEvents: number | null;
  /** Told what saw, as soon as it is known. */
  begun?: (sources: Sources) => void;
}

/** The log side of a run, from what {@link LogTelling} and its tap have recorded. */
export class LogReplay implements ReplaySide {
  readonly #sink: EventSink;
  readonly #options: LogReplayOptions;
  readonly #recall = new Recall();
  #investigation: LogInvestigation | null = null;
  #table: ProcessTable | null = null;
  #buffers: ReplayBuffers | null = null;
  #finished = false;

  constructor(sink: EventSink, options: LogReplayOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  get done(): boolean {
    return this.#investigation?.done === true;
  }

  block(kind: string, head: unknown, bytes: Uint8Array): void {
    if (kind === 'look') this.#recall.learn(head);
    else if (kind === 'begin') this.#begin(head);
    else if (this.#buffers?.block(kind, head, bytes) === true) return;
    else if (kind === 'call') this.#call(...isCall(head));
    else if (kind === 'round') this.#sink.tick();
  }

  unreadable(what: string): void {
    if (!this.#finished) this.#investigation?.unreadable(what);
  }

  end(): void {
    if (this.#finished || this.#investigation === null) return;
    this.#buffers?.finish();
    this.#finished = true;
    this.#investigation.finish(new Map());
  }

  #begin(head: unknown): void {
    const { coverage, hierarchy, hooks, ...facts } = isLogFacts(head);
    const group = this.#recall.look<number, number>('group', isNumber);
    this.#table = new ProcessTable(coverage, group, hierarchy);
    const identities = new Identities(this.#table, {
      process: this.#recall.look<number, ProcessSnapshot>('process', isSnapshot),
      group: this.#recall.look<number, number>('thread', isNumber),
    });
    const investigation = new LogInvestigation({
      ...facts,
      hooks,
      table: this.#table,
      identities,
      sink: this.#sink,
      filter: this.#options.filter,
      maxEvents: this.#options.maxEvents,
    });
    this.#investigation = investigation;
    this.#options.begun?.(investigation.sources);
    this.#finished = false;
    const { buffers } = head as { buffers: unknown };
    this.#buffers = new ReplayBuffers(buffers, this.#recall, () => (record) => investigation.record(record));
  }

  #call(method: string, args: unknown[]): void {
    const investigation = this.#investigation;
    if (investigation === null) throw new ShapeError(`${method} stands before the beginning of its stream`);
    if (method === 'notice') investigation.notice(...isNotice(args));
    else if (method === 'seed') this.#table?.seed(isSnapshot(args[0]));
    else if (method === 'holder') investigation.holder(isNumber(args[0]), orNull(isText)(args[1]));
    else if (method === 'expectOwn') investigation.expectOwn();
    else if (method === 'missed') investigation.missed(isNumber(args[0]));
    else if (method === 'finish') {
      this.#finished = true;
      investigation.finish(isTotals(args[0]), isNumber(args[1]));
    } else throw new ShapeError(`there is no ${method} on the log side`);
  }
}

/** `{ method, args }` of a `call` block. */
export const isCall: Check<[string, unknown[]]> = (head) => {
  const { method, args } = isObject({ method: isText, args: isList((value: unknown) => value) })(head);
  return [method, args];
};

/** Numbers by CPU, as pairs. */
export const isTotals: Check<Map<number, number>> = (value) =>
  new Map(isList(isList(isNumber))(value).map(([cpu = -1, count = 0]) => [cpu, count]));

const isSnapshot: Check<ProcessSnapshot> = isObject({
  pid: isNumber,
  ppid: isNumber,
  comm: isText,
  startTicks: isNumber,
  exe: orNull(isText),
  cmdline: orNull(isList(isText)),
  uid: orNull(isNumber),
  loginuid: orNull(isNumber),
  cgroup: orNull(isText),
});

const isDoors: Check<ReadonlyMap<string, LogDoor>> = (value) =>
  new Map(
    isList(isList(isText))(value).map(([name = '', symbol = '', door, call]) => [
      name,
      { symbol, door: isDoorName(door), call: isDoorCall(call) },
    ]),
  );
const isDoorName = isOneOf('syslog', '/proc/kmsg', '/dev/kmsg', 'kernel');
const isDoorCall = isOneOf('syslog', 'open', 'read', 'write', 'seek', 'close', 'inner');

const isLogFacts: Check<LogFacts> = isObject({
  hooks: isObject({ functions: isDoors, entries: isDoors, returns: isDoors }),
  coverage: isObject({ credentials: isFlag, loginuid: isFlag, cgroups: isFlag }),
  hierarchy: isNumber,
  backends: isList(isText),
  blindSpots: isList(isText),
  self: orNull(isNumber),
});
