import type { RecordingBlock } from '../decode/recording-blocks.js';
import { RecordingReader } from '../decode/recording-reader.js';
import { UsageError } from '../errors.js';
import { DropsReplay } from './drops-replay.js';
import { KmsgReplay } from './kmsg-replay.js';
import { LogReplay } from './log-replay.js';
import type { PlayedParts, Player, RecordedHost } from './player.js';
import { type Check, isNumber, isObject, isText, orNull } from './recorded-shape.js';
import type { ReplaySide } from './replay-side.js';

/** Plays a recording: its blocks go to the sides of the run that it was made of. */
export class Playback implements Player {
  readonly #reader: RecordingReader;
  #sides: ReadonlyMap<string, ReplaySide> = new Map();
  #drops: DropsReplay | null = null;
  #round: PlayedParts['round'];
  #ahead: RecordingBlock | null;
  #told = 0;
  #strange = 0;
  #ended = false;
  #first: number | null = null;
  now: number | null = null;
  readonly host: RecordedHost;
  /** A recording is a file: it is all there. */
  readonly isHungry = false;
  readonly isOrdered = false;

  /**
   * @param read puts the next bytes of the file into the array and tells how many
   * @throws RecordingError for a file that is no recording of a kwho this old
   */
  constructor(read: (into: Uint8Array) => number) {
    this.#reader = new RecordingReader(read);
    this.#ahead = this.#reader.next();
    this.host = hostIn(this.#ahead);
  }

  play({ log, drops, messages, round }: PlayedParts): void {
    this.#round = round;
    const sides = new Map<string, ReplaySide>();
    if (log !== null) sides.set('log', new LogReplay(log.sink, log));
    if (drops !== null) {
      this.#drops = new DropsReplay(drops.sink, drops);
      sides.set('drops', this.#drops);
    }
    if (messages !== null) sides.set('kmsg', new KmsgReplay(messages));
    this.#sides = sides;
  }

  get progress(): Player['progress'] {
    return this.#drops?.progress ?? { counted: 0, detailed: 0 };
  }

  get next(): number | null {
    const { time = 0 } = this.#ahead ?? {};
    return time > 0 ? time : null;
  }

  step(): boolean {
    const block = this.#ahead;
    if (block === null || this.#isBound) {
      this.#finish(this.#isBound);
      return false;
    }
    if (block.kind === 'end') this.#ended = true;
    if (block.kind === 'round') this.now = block.time;
    if (block.time > 0) this.#first ??= block.time;
    this.#give(block);
    if (block.kind === 'round') this.#round?.(block.stream, block.time);
    this.#ahead = this.#reader.next();
    this.#tellDamage();
    return true;
  }

  stop(): void {
    this.#finish(true);
  }

  get #isBound(): boolean {
    return [...this.#sides.values()].some(({ done }) => done);
  }

  #give({ kind, stream, head, bytes }: RecordingBlock): void {
    try {
      this.#sides.get(stream)?.block(kind, head, bytes);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      // Whoever made the file chose what is in it: what cannot be understood is told, and the rest goes on.
      if (++this.#strange > MOST_TOLD) return;
      const why = error instanceof Error ? error.message : String(error);
      this.#tell(`a block of the recording (${stream} ${kind}) is not as kwho writes it: ${why}`);
    }
  }

  #tellDamage(): void {
    const { damage } = this.#reader;
    for (; this.#told < damage.length; this.#told++) {
      const { at, what } = damage[this.#told]!;
      if (this.#told < MOST_TOLD) this.#tell(`the recording is damaged at byte ${at}: ${what}`);
    }
  }

  /** @param early somebody wanted no more */
  #finish(early: boolean): void {
    if (this.#sides.size === 0) return;
    this.#tellDamage();
    if (!this.#ended && !early)
      this.#tell('the recording ends before the run did: what came after its last second is not in it');
    for (const side of this.#sides.values()) side.end(this.#first ?? 0, this.now ?? 0);
    this.#sides = new Map();
  }

  #tell(words: string): void {
    // Words out of the file may stand in it: of any length, and bytes to those who escape them.
    const what = Buffer.from(words.slice(0, LONGEST)).toString('latin1');
    for (const side of this.#sides.values()) side.unreadable(what);
  }
}

const MOST_TOLD = 20;
const LONGEST = 300;

function hostIn(block: RecordingBlock | null): RecordedHost {
  try {
    return isHost(block?.head);
  } catch {
    return { name: 'an unknown host', kernel: 'an unknown kernel', wallAtZero: 0, netns: null };
  }
}

const isHost: Check<RecordedHost> = isObject({
  name: isText,
  kernel: isText,
  wallAtZero: isNumber,
  netns: orNull(isNumber),
});
