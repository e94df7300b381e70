import type { KwhoEvent, LogAccessEvent, LostEvent, ProcessIdentity } from '../model/events.js';
import { accountWords } from './account-words.js';
import type { OutputChannel } from './channel.js';
import { dmesgLines } from './dmesg-line.js';
import { printable } from './escape.js';
import { LogFold } from './log-fold.js';
import {
  argumentWords,
  callWords,
  commandLine,
  effectWord,
  isCompatEntry,
  ROUTINE_ERRORS,
  whoWords,
} from './log-words.js';
import { lostWords } from './lost-words.js';
import { Paint } from './paint.js';
import type { EventSink } from './sink.js';

export interface LogTextOptions {
  /** Every access on a line of its own. */
  all: boolean;
  color: boolean;
  /** Wall-clock milliseconds of a kernel time in seconds. */
  wall: (time: number) => number;
  /** Milliseconds of a steady clock. */
  now: () => number;
  /** Name of a user id; null where there is none. */
  userName: (uid: number) => string | null;
}

/** The log side for people: clears and steals stand out, plain reads are folded per process. */
export class LogTextSink implements EventSink {
  readonly #channel: OutputChannel;
  readonly #options: LogTextOptions;
  readonly #fold: LogFold;
  readonly #paint: Paint;
  /** Who has been shown stealing: a log daemon does nothing else all day. */
  readonly #thieves = new Set<string>();

  constructor(channel: OutputChannel, options: LogTextOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#paint = new Paint(options.color);
    this.#fold = new LogFold((first, what) => this.#folded(first, what), options.now);
  }

  event(event: KwhoEvent): void {
    if (event.type === 'log-access') this.#access(event);
    else if (event.type === 'lost') this.#lost(event);
    else if (event.type === 'notice') this.#notice(event);
    else if (event.type === 'kernel-message') this.#channel.write(dmesgLines(event.time ?? 0, event.text));
    else if (event.type === 'summary') this.#summary(event);
  }

  tick(): void {
    this.#fold.flushOlder(FOLD_MS);
  }

  end(): void {
    this.#fold.flushAll();
  }

  #access(event: LogAccessEvent): void {
    if (!this.#options.all && (isQuiet(event) || this.#isKnownThief(event))) {
      this.#fold.add(event);
      return;
    }
    // What was held back happened before it.
    this.#fold.flushAll();
    const who = whoWords(event);
    const word = effectWord(event);
    const shown = isLoud(event) ? this.#paint.loud(word.toUpperCase()) : this.#paint.plain(word);
    this.#line(event.time, shown, `${this.#paint.strong(who)}  ${describe(event)}`);
    if (isLoud(event) || event.stack !== undefined) this.#background(event);
  }

  #isKnownThief({ effect, pid, tid, comm, door }: LogAccessEvent): boolean {
    if (effect !== 'steals') return false;
    const key = `${pid ?? tid} ${door} ${comm ?? ''}`;
    if (this.#thieves.has(key)) return true;
    if (this.#thieves.size >= MOST_THIEVES) this.#thieves.clear();
    this.#thieves.add(key);
    return false;
  }

  #background(event: LogAccessEvent): void {
    const { process } = event;
    if (process === null) this.#more('by', 'a process that nobody saw start and that is gone');
    else {
      this.#more('by', `${commandOf(process)}${this.#account(process)}`);
      if (process.parents.length > 0) this.#more('from', parentLine(process));
    }
    if (event.stack !== undefined) this.#more('path', event.stack.map(printable).join(' < '));
  }

  /** `  (root, login alice, session-3.scope)` */
  #account({ uid, loginuid, unit, container }: ProcessIdentity): string {
    const words = [
      uid === null ? 'user not known' : this.#user(uid),
      ...(loginuid === null ? [] : [`login ${this.#user(loginuid)}`]),
      ...(unit === null ? [] : [printable(unit)]),
      ...(container === null ? [] : [printable(container)]),
    ];
    return `  (${words.join(', ')})`;
  }

  #user(uid: number): string {
    const name = this.#options.userName(uid);
    return name === null ? `uid ${uid}` : printable(name);
  }

  #folded(first: LogAccessEvent, what: string): void {
    this.#line(
      first.time,
      this.#paint.plain(effectWord(first)),
      `${whoWords(first)}  ${first.door}: ${what}`,
    );
  }

  #lost(event: LostEvent): void {
    const { time, where, cpu } = event;
    const place = cpu === null ? where : `${where}, cpu ${cpu}`;
    this.#line(time, this.#paint.loud('LOST'), `${lostWords(event)} (${place})`);
  }

  #notice({ time, level, text, hint }: Extract<KwhoEvent, { type: 'notice' }>): void {
    const word = level === 'info' ? this.#paint.plain('note') : this.#paint.warn(level);
    this.#line(time, word, printable(text));
    if (hint !== null) this.#more('hint', printable(hint));
  }

  #summary({
    seen,
    effects,
    lost,
    complete,
    backends,
    blindSpots,
  }: Extract<KwhoEvent, { type: 'summary' }>): void {
    this.#fold.flushAll();
    const counts = Object.entries(effects ?? {}).map(
      ([effect, count]) => `${count} ${SUMMARY_WORDS.get(effect) ?? effect}`,
    );
    const what = counts.length === 0 ? '' : ` (${counts.join(', ')})`;
    const words = accountWords({ complete, lost });
    const account = complete ? words : this.#paint.warn(words);
    this.#line(null, this.#paint.bold('summary'), `${seen} accesses${what}; ${account}`);
    if (backends.length > 0) this.#more('means', printable(backends.join(', ')));
    for (const spot of blindSpots) this.#more('unseen', printable(spot));
  }

  #line(time: number | null, word: string, text: string): void {
    const stamp = time === null ? ' '.repeat(STAMP_WIDTH) : clock(this.#options.wall(time));
    this.#channel.write(`${stamp}  ${word} ${text}\n`);
  }

  #more(label: string, text: string): void {
    this.#channel.write(
      `${' '.repeat(STAMP_WIDTH + 2)}${this.#paint.faint(label.padStart(Paint.WIDTH))} ${text}\n`,
    );
  }
}

const MOST_THIEVES = 1000;
const FOLD_MS = 1000;
const STAMP_WIDTH = '00:00:00.000'.length;

/** Plain reads, and what neither changed nor was refused. */
function isQuiet({ effect, errno, action }: LogAccessEvent): boolean {
  if (errno !== null) return ROUTINE_ERRORS.has(errno);
  return (
    effect === 'reads' || effect === 'none' || effect === 'writes' || (effect === null && action === 'read')
  );
}

function isLoud({ effect, errno }: LogAccessEvent): boolean {
  return effect === 'clears' || effect === 'steals' || errno === 'EPERM' || errno === 'EACCES';
}

function describe(event: LogAccessEvent): string {
  const { door, via, cpu } = event;
  const gate = isCompatEntry(via) ? ', 32-bit caller' : '';
  const caller = door === 'kernel' && via !== null ? `, called by ${printable(via)}` : '';
  return `${callWords(event)}${gate}${caller}, cpu ${cpu}`;
}

function commandOf(process: ProcessIdentity): string {
  const { comm } = process;
  return commandLine(process) ?? (comm === null ? '?' : `${printable(comm)} (no command line)`);
}

/** `./clean.sh[1375] < -bash[1201] < sshd: root@pts/0[1190] < systemd[1]` */
function parentLine({ parents }: ProcessIdentity): string {
  return parents
    .map(({ pid, comm, cmdline }) => {
      const name = comm === null ? '?' : printable(comm);
      const line = pid === 1 || cmdline === null || cmdline.length === 0 ? name : argumentWords(cmdline);
      return `${line.length > MOST_OF_PARENT ? `${line.slice(0, MOST_OF_PARENT - 1)}…` : line}[${pid}]`;
    })
    .join(' < ');
}

const MOST_OF_PARENT = 48;

/** `2 clears, 9 without effect` */
const SUMMARY_WORDS = new Map([
  ['none', 'without effect'],
  ['unknown', 'of unknown effect'],
]);

function clock(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
