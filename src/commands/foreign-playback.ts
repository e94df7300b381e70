import { DropReasons } from '../decode/drop-reasons.js';
import type { Dialect } from '../decode/foreign-head.js';
import { ForeignText } from '../decode/foreign-text.js';
import { type LogDoor, logDoorOf } from '../decode/log-doors.js';
import type { TraceRecord } from '../decode/trace-record.js';
import { TraceTextDecoder } from '../decode/trace-text.js';
import { DropStream } from '../model/drop-stream.js';
import { DropTable } from '../model/drop-table.js';
import { ProcessTable } from '../model/process-table.js';
import { StreamCounter } from './drops-counter.js';
import { DropInvestigation } from './drops-investigation.js';
import { otherKey, placeKey } from './drops-keys.js';
import { Identities } from './identity.js';
import { LogInvestigation } from './log-investigation.js';
import type { PlayedParts, Player, RecordedHost } from './player.js';

/** Plays the text of `trace_pipe`, `trace-cmd report` and `perf script`. */
export class ForeignPlayback implements Player {
  readonly host: RecordedHost;
  readonly #read: (into: Uint8Array) => number;
  readonly #decoder: TraceTextDecoder | ForeignText;
  readonly #kind: string;
  #records: TraceRecord[] = [];
  #at = 0;
  #through = false;
  /** The first bytes are there: they have told what it is. */
  #begun = false;
  #log: LogInvestigation | null = null;
  #drops: DropInvestigation | null = null;
  #counter: StreamCounter | null = null;
  /** Whether the last event of each CPU was a drop: the path behind it belongs to it. */
  readonly #dropped = new Map<number, boolean>();
  /** When the interval under way began. */
  #from: number | null = null;
  now: number | null = null;
  readonly isOrdered = true;

  constructor(read: (into: Uint8Array) => number, kind: 'trace-pipe' | Dialect, file: string) {
    this.#read = read;
    this.#kind = kind;
    const emit = (record: TraceRecord) => {
      this.#records.push(record);
    };
    this.#decoder =
      kind === 'trace-pipe' ? new TraceTextDecoder({ emit }) : new ForeignText({ dialect: kind, emit });
    // Text tells neither its host nor when its clock began.
    this.host = {
      name: file === '-' ? 'standard input' : file,
      kernel: `as ${kind} text`,
      wallAtZero: 0,
      netns: null,
    };
  }

  get next(): number | null {
    const record = this.#records[this.#at];
    return record !== undefined && 'time' in record ? record.time / 1e9 : null;
  }

  get isHungry(): boolean {
    return this.#begun && !this.#through && this.#records[this.#at] === undefined;
  }

  get progress(): Player['progress'] {
    return this.#drops ?? { counted: 0, detailed: 0 };
  }

  play({ log, drops }: PlayedParts): void {
    const backends = [this.#kind];
    for (const side of [log, drops]) side?.begun?.({ backends, blindSpots: [BLIND_SPOT] });
    if (log !== null) {
      const table = new ProcessTable({ credentials: false, loginuid: false, cgroups: false });
      const identities = new Identities(table, { process: () => null, group: () => null });
      this.#log = new LogInvestigation({
        ...log,
        hooks: { functions: DOORS, entries: SYSCALL_ENTRY, returns: SYSCALL_EXIT },
        table,
        identities,
        backends,
        blindSpots: [BLIND_SPOT],
        self: null,
      });
    }
    if (drops !== null) {
      const reasons = new TextReasons();
      const by = drops.by ?? ['location', 'reason', 'dev', 'netns'];
      const keyOf = otherKey(by);
      const stream = new DropStream(placeKey);
      this.#counter = new StreamCounter(stream);
      this.#drops = new DropInvestigation({
        ...drops,
        reading: { reasons, name: () => null, netnsName: () => null },
        table: new DropTable(drops.catalogue),
        stream,
        sampled: false,
        other: keyOf === null ? null : new DropStream(keyOf),
        conditions: drops.conditions({ reasons, hasReason: true, namespaces: [] }),
        by,
        stack: true,
        backends,
        detailBackend: this.#kind,
        blindSpots: [BLIND_SPOT],
        processOf: () => null,
      });
    }
  }

  step(): boolean {
    const record = this.#records[this.#at];
    if (record === undefined) return this.#more();
    this.#at++;
    if ('time' in record) this.#pass(record.time / 1e9);
    this.#give(record);
    if (this.#log?.done !== true && this.#drops?.done !== true) return true;
    this.#finish();
    return false;
  }

  stop(): void {
    this.#finish();
  }

  /** Reads on. Nothing to give yet is no end. */
  #more(): boolean {
    this.#records = [];
    this.#at = 0;
    if (this.#through) {
      this.#finish();
      return false;
    }
    this.#begun = true;
    const n = this.#read(this.#decoder.space());
    if (n > 0) this.#decoder.filled(n);
    else {
      this.#decoder.end();
      this.#through = true;
    }
    return true;
  }

  #give(record: TraceRecord): void {
    if (record.kind === 'event') {
      const isDrop = record.name === 'kfree_skb';
      this.#dropped.set(record.cpu, isDrop);
      (isDrop ? this.#drops : this.#log)?.record(record);
    } else if (record.kind === 'function') this.#log?.record(record);
    else if (record.kind === 'stack' && this.#dropped.get(record.cpu) !== true) this.#log?.record(record);
    // Losses and what cannot be read are told once, whichever side they would have been of.
    else (this.#drops ?? this.#log)?.record(record);
  }

  #pass(time: number): void {
    this.now = time;
    this.#from ??= time;
    if (time - this.#from >= INTERVAL_S) this.#tell(time);
  }

  #tell(to: number): void {
    this.#drops?.flush();
    this.#drops?.interval(this.#from ?? to, to, this.#counter!.snapshot());
    this.#from = to;
  }

  #finish(): void {
    this.#tell(this.now ?? 0);
    this.#log?.finish(new Map());
    this.#drops?.finish();
    this.#log = null;
    this.#drops = null;
  }
}

const INTERVAL_S = 1;
const BLIND_SPOT =
  'everything that was not recorded: names in text can forge lines, and nobody says what is missing';

/** The doors of the log by the names they have on kernels from 4.17 on, and before. */
const DOORS: ReadonlyMap<string, LogDoor> = new Map(
  [
    ...[
      '__x64_sys_syslog',
      '__ia32_sys_syslog',
      '__arm64_sys_syslog',
      'SyS_syslog',
      'sys_syslog',
      'do_syslog',
    ],
    ...['kmsg_open', 'kmsg_read', 'kmsg_release'],
    ...['devkmsg_open', 'devkmsg_read', 'devkmsg_write', 'devkmsg_llseek'],
  ].flatMap((symbol) => {
    const door = logDoorOf(symbol);
    return door === null ? [] : [[symbol, door] as const];
  }),
);

const SYSCALL: LogDoor = { symbol: 'sys_enter_syslog', door: 'syslog', call: 'syslog' };
const SYSCALL_ENTRY = new Map([['sys_enter_syslog', SYSCALL]]);
const SYSCALL_EXIT = new Map([['sys_exit_syslog', SYSCALL]]);

/** Text has names where the kernel has numbers: any name may stand in it. */
class TextReasons extends DropReasons {
  readonly #asked: string[] = [];

  constructor() {
    super(null);
  }

  override number(name: string): number {
    return FIRST_ASKED + this.#asked.push(name.toUpperCase().replace(/^SKB_DROP_REASON_/, '')) - 1;
  }

  override name(reason: number): string {
    return this.#asked[reason - FIRST_ASKED] ?? super.name(reason);
  }
}

/** Beyond the numbers of any kernel's reasons. */
const FIRST_ASKED = 0x1_0000_0000;
