import type { DropCountEvent, DropEvent, DropKey, LogAccessEvent } from '../model/events.js';

/** One line of the log pane: an access, or a run of like ones by the same process folded into one. */
export interface LogRow {
  /** Stays the same while the row grows; the selection holds on to it. */
  id: number;
  /** Kernel time of the first and of the last access, in seconds. */
  time: number;
  last: number;
  /** Accesses in it. */
  count: number;
  /** Clears, settings of the console, what was refused, and a process's first steal: a log daemon does nothing else all day. */
  loud: boolean;
  /** The most telling access of the row: a reader also opens, seeks and closes. */
  event: LogAccessEvent;
}

/** One line of the drops pane: a key and what was dropped under it since the start. */
export interface DropRow {
  id: string;
  key: DropKey;
  count: number;
  /** Drops a second over the last five seconds. */
  rate: number;
  /** Drops in each of the last steps of a second that are over, oldest first. */
  recent: readonly number[];
  verdict: DropCountEvent['verdict'];
  /** Kernel time at which the first interval that had some begins, in seconds. */
  first: number;
  /** Kernel time at which the last interval that had some ends, in seconds. */
  last: number;
  /** False for what was counted from the drops seen one by one: these are samples. */
  exact: boolean;
}

/** Something that must not scroll away unseen. */
export interface Incident {
  id: number;
  kind: 'clear' | 'steal' | 'storm' | 'lost' | 'kernel' | 'warning';
  /** Kernel time of the first and of the last of them, in seconds; null for what has no moment. */
  time: number | null;
  last: number | null;
  /** How often; of a storm or a loss how many drops or records. */
  count: number;
  /** Printable: untrusted bytes are escaped already. */
  text: string;
  hint: string | null;
  acknowledged: boolean;
}

/** What the charts show: one value a step, oldest first. */
export interface Series {
  /** Seconds of a step. */
  step: number;
  /** Kernel time at the end of the last step, in seconds. */
  end: number;
  drops: Record<DropCountEvent['verdict'], readonly number[]>;
  log: Record<'clears' | 'steals' | 'reads' | 'others', readonly number[]>;
  /** Of all drops so far but noise, by reason, or by function where the kernel gives no reason; largest first. */
  reasons: readonly { name: string; count: number }[];
}

/** How the run itself is doing. */
export interface Health {
  backends: readonly string[];
  blindSpots: readonly string[];
  /** Accesses to the log, drops counted, drops looked at one by one. */
  accesses: number;
  counted: number;
  detailed: number;
  /** null: something was lost that nobody counted. */
  lost: number | null;
  /** Records of the kernel log that a clear hides; null where that is not known. */
  hidden: number | null;
  /** The run has ended (a replay is through). */
  ended: boolean;
}

/** Everything that the screen asks of the run behind it. What a replay or a host cannot do is null. */
export interface ScreenActions {
  /** Looks at this host for what explains a row of drops. Lines for people, untrusted bytes still in them. */
  evidence: ((key: DropKey, example: DropEvent | null) => Promise<readonly string[]>) | null;
  /** The records that a clear hides, as dmesg would print them. */
  recover: (() => readonly string[]) | null;
  /** Begins or ends a recording. @throws where it cannot begin */
  record: ((on: boolean) => void) | null;
  /** Kernel paths are recorded from now on, or no longer. */
  stacks: ((on: boolean) => void) | null;
  /** Length of an interval of drop counts from now on. */
  interval: ((milliseconds: number) => void) | null;
  /** Writes a file for the user, beside where kwho was started. @returns its path */
  save(name: string, text: string): string;
}

/** What the screen knows of where it runs. */
export interface ScreenHost {
  name: string;
  kernel: string;
  /** The recording that is played; null for a live host. */
  replay: string | null;
  /** Network namespace of the host itself; null where it is not known. */
  netns: number | null;
  /** The file of the recording under way: one may end by itself, on a full disk. */
  recording: () => string | null;
  /** How long the kernel's ring keeps its records, in words that follow «ring»; null where nobody need care. */
  ring: () => string | null;
  /** Kernel clock now (of a replay: where it is), in seconds. */
  clock: () => number;
  /** Wall-clock milliseconds of a kernel time in seconds. */
  wall: (time: number) => number;
  userName: (uid: number) => string | null;
  /** Share of one CPU used since the last call, 0 to 1 and more, and resident bytes. */
  cost: () => { cpu: number; memory: number };
}
