import type { KwhoEvent } from '../model/events.js';
import type { EventSink } from '../output/sink.js';
import type { DropsReplayOptions } from './drops-replay.js';
import type { LogReplayOptions } from './log-replay.js';

/** Plays what was recorded, by kwho or by others, piece by piece. */
export interface Player {
  readonly host: RecordedHost;
  /** Where it is on the kernel's clock, in seconds; null before the first moment. */
  now: number | null;
  /** Kernel time of what the next step plays; null for what has no moment. */
  readonly next: number | null;
  /** The next step asks for bytes that may not be there yet: those before it have all been played. */
  readonly isHungry: boolean;
  /** Whether both sides are played in one order of time; else each is in its own, and there are rounds. */
  readonly isOrdered: boolean;
  /** Running totals of the drop side. */
  readonly progress: { counted: number; detailed: number };
  /** Says who is to be told what. To be called once, before the first step. */
  play(parts: PlayedParts): void;
  /** Plays the next piece. @returns false at the end, after which everybody has been told so */
  step(): boolean;
  /** Ends before the end: everybody is told what it was until here. To be called between steps; safe to repeat. */
  stop(): void;
}

/** The host that a recording was made on. */
export interface RecordedHost {
  name: string;
  kernel: string;
  /** Wall-clock milliseconds at zero of the kernel's clock. */
  wallAtZero: number;
  /** Inode number of the network namespace in which kwho ran. */
  netns: number | null;
}

/** What is wanted of a recording. */
export interface PlayedParts {
  log: ({ sink: EventSink } & LogReplayOptions) | null;
  drops: ({ sink: EventSink } & DropsReplayOptions) | null;
  messages: ((event: KwhoEvent) => void) | null;
  /** Told when a round of reading of a stream was over, with its time on the kernel's clock in seconds. */
  round?: (stream: string, time: number) => void;
}
