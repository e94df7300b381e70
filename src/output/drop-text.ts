import { grouped } from '../grouped.js';
import { rowId } from '../model/drop-table.js';
import type { DropCountEvent, DropEvent, KwhoEvent, LostEvent } from '../model/events.js';
import { accountWords } from './account-words.js';
import type { OutputChannel } from './channel.js';
import { DropRows, type Explain } from './drop-rows.js';
import { dropLine } from './drop-words.js';
import { printable } from './escape.js';
import { lostWords } from './lost-words.js';
import { Paint } from './paint.js';
import type { EventSink } from './sink.js';
import { wrap } from './wrap.js';

export interface DropTextOptions {
  color: boolean;
  /** Of the terminal, as it is now; null where lines may be as long as they like. */
  columns: () => number | null;
  /** Wall-clock milliseconds of a kernel time in seconds. */
  wall: (time: number) => number;
  explain: Explain;
  /** The network namespace that has no name because it is this host's own; null where it is not known. */
  host: number | null;
  /** Running totals. */
  progress: () => { counted: number; detailed: number };
}

/** The drop side for people: a table every interval, or a line for every drop, and a summary. */
export class DropTextSink implements EventSink {
  readonly #channel: OutputChannel;
  readonly #options: DropTextOptions;
  readonly #paint: Paint;
  readonly #rows: DropRows;
  #interval: DropCountEvent[] = [];
  /** The rows of the whole run. */
  readonly #totals = new Map<string, DropCountEvent>();
  #tables = 0;

  constructor(channel: OutputChannel, options: DropTextOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#paint = new Paint(options.color);
    this.#rows = new DropRows(this.#paint, options.explain, options.host, options.columns);
  }

  event(event: KwhoEvent): void {
    if (event.type === 'drop') this.#drop(event);
    else if (event.type === 'drop-count') this.#count(event);
    else if (event.type === 'lost') this.#lost(event);
    else if (event.type === 'notice') this.#notice(event);
    else if (event.type === 'summary') this.#summary(event);
  }

  /** The rows of one interval are complete. */
  tick(): void {
    const rows = this.#interval;
    const [first] = rows;
    if (first === undefined) return;
    this.#interval = [];
    this.#tables++;
    this.#table(`${this.#clock(first.to)}  in ${seconds(first.to - first.from)}`, rows);
  }

  end(): void {
    this.tick();
  }

  #count(event: DropCountEvent): void {
    this.#interval.push(event);
    const id = rowId(event.key);
    const known = this.#totals.get(id);
    if (known === undefined) this.#totals.set(id, { ...event });
    else Object.assign(known, { count: known.count + event.count, to: event.to, verdict: event.verdict });
  }

  #table(title: string, rows: readonly DropCountEvent[]): void {
    const { counted, detailed } = this.#options.progress();
    // Single drops may be further than the tables, which were read a moment ago.
    const samples = detailed >= counted ? '' : ` · detailed ${grouped(detailed)}`;
    this.#channel.write(`\n${this.#paint.strong(title)}  counted ${grouped(counted)}${samples}\n`);
    for (const line of this.#rows.lines(rows)) this.#channel.write(`${line}\n`);
  }

  #drop(event: DropEvent): void {
    this.#line(
      event.time,
      this.#verdictWord(event.verdict),
      dropLine(event, this.#paint, this.#options.host),
    );
    if (event.stack !== undefined) this.#more('path', event.stack.map(printable).join(' < '));
  }

  #verdictWord(verdict: DropEvent['verdict']): string {
    if (verdict === 'suspect') return this.#paint.loud('SUSPECT');
    return verdict === 'policy' ? this.#paint.warn('policy') : this.#paint.plain('noise');
  }

  #lost(event: LostEvent): void {
    const { time, where, cpu } = event;
    const place = cpu === null ? where : `${where}, CPU ${cpu}`;
    this.#line(time, this.#paint.loud('LOST'), `${lostWords(event)} (${place})`);
  }

  #notice({ time, level, text, hint, details }: Extract<KwhoEvent, { type: 'notice' }>): void {
    const word = level === 'info' ? this.#paint.plain('note') : this.#paint.warn(level);
    const [first = '', ...others] = this.#wrapped(printable(text));
    this.#line(time, word, first);
    for (const line of others) this.#continue(line);
    const evidence = details?.evidence;
    if (Array.isArray(evidence)) for (const line of evidence) this.#more('seen', printable(String(line)));
    if (hint !== null) this.#more('hint', printable(hint));
  }

  #summary(event: Extract<KwhoEvent, { type: 'summary' }>): void {
    this.tick();
    const rows = [...this.#totals.values()];
    const from = Math.min(...rows.map((row) => row.from));
    const to = Math.max(...rows.map((row) => row.to));
    // A kind of drop that came late or ended early has the rate of the whole run.
    const whole = rows.map((row) => ({ ...row, from, to }));
    if (this.#tables > 1) this.#table(`in all, ${seconds(to - from)}`, whole);
    const { counted = 0, detailed = 0, verdicts, complete, lost, backends, blindSpots } = event;
    const kinds = Object.entries(verdicts ?? {}).filter(([, count]) => count > 0);
    const what = kinds.map(([verdict, count]) => `${grouped(count)} ${verdict}`).join(', ');
    const words = accountWords({ complete, lost });
    const account = complete ? words : this.#paint.warn(words);
    const counts = `counted ${grouped(counted)} · detailed ${grouped(detailed)}`;
    this.#line(null, this.#paint.bold('summary'), `${counts}${what === '' ? '' : ` (${what})`}; ${account}`);
    if (backends.length > 0) this.#more('means', printable(backends.join(', ')));
    for (const spot of blindSpots) this.#more('unseen', printable(spot));
  }

  #line(time: number | null, word: string, text: string): void {
    const stamp = time === null ? ' '.repeat(STAMP) : this.#clock(time);
    this.#channel.write(`${this.#paint.faint(stamp)} ${word} ${text}\n`);
  }

  #more(label: string, text: string): void {
    const [first = '', ...others] = this.#wrapped(text);
    this.#channel.write(
      `${' '.repeat(STAMP + 1 + Paint.WIDTH - label.length)}${this.#paint.faint(label)} ${first}\n`,
    );
    for (const line of others) this.#continue(line);
  }

  #continue(text: string): void {
    this.#channel.write(`${' '.repeat(INDENT)}${text}\n`);
  }

  #wrapped(text: string): string[] {
    const columns = this.#options.columns();
    return wrap(text, columns === null ? null : columns - INDENT);
  }

  #clock(time: number): string {
    const date = new Date(this.#options.wall(time));
    const two = (value: number, width = 2) => String(value).padStart(width, '0');
    return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${two(date.getMilliseconds(), 3)}`;
  }
}

const STAMP = '12:34:56.789'.length;
/** Where the words of a line begin. */
const INDENT = STAMP + 1 + Paint.WIDTH + 1;

function seconds(span: number): string {
  return Number.isFinite(span) ? `${span.toFixed(1)} s` : 'no time';
}
