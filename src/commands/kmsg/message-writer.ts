import type { LogMessage } from '../../decode/log-message.js';
import { decodeNetfilterLog, type NetfilterLog } from '../../decode/netfilter-log.js';
import type { LogSink } from '../../klog/log-source.js';
import type { KwhoEvent } from '../../model/events.js';
import { logMessageEvent } from '../../model/message-event.js';
import { DmesgJson } from '../../output/dmesg-json.js';
import { DmesgPrinter } from '../../output/dmesg-line.js';
import { toJsonLine } from '../../output/ndjson.js';
import { netfilterWords } from '../../output/netfilter-words.js';
import type { AddressNames } from './address-names.js';
import type { KmsgOptions } from './options.js';

/** What messages look like besides what the options say. */
export interface WriterWorld {
  /** The door, as events name it. */
  backend: string;
  color: boolean;
  /** Microseconds to add to printk's for those since 1970. */
  wallOffset: number;
  callerWidth: number;
  /** null: addresses stay what they are. */
  names: AddressNames | null;
  /** What has no place in the output. */
  warn(text: string): void;
}

/** Turns the messages of a source into text, and keeps the account. */
export class MessageWriter implements LogSink {
  /** Messages printed. */
  seen = 0;
  /** Messages known to be lost while reading. */
  lostCount = 0;
  readonly #options: KmsgOptions;
  readonly #world: WriterWorld;
  readonly #printer: DmesgPrinter;
  readonly #json: DmesgJson;
  readonly #filtered: boolean;
  #text = '';

  constructor(options: KmsgOptions, world: WriterWorld) {
    this.#options = options;
    this.#world = world;
    this.#printer = new DmesgPrinter({ ...options, ...world });
    this.#json = new DmesgJson(options.decode);
    const { levels, facilities, since, until } = options;
    this.#filtered = [levels, facilities, since, until].some((filter) => filter !== null);
  }

  message(message: LogMessage): void {
    if (this.#filtered && !this.#wanted(message)) {
      this.#printer.skip(message);
      return;
    }
    this.seen++;
    this.#text += this.#shown(message);
  }

  lost(count: number, what: string): void {
    this.lostCount += count;
    const { form, raw } = this.#options;
    if (form === 'events')
      this.event({
        type: 'lost',
        time: null,
        backend: this.#world.backend,
        where: 'reader',
        count,
        cpu: null,
        what,
      });
    // Neither of these has a way to say so, and a program reads them.
    else if (form === 'dmesg-json' || raw) this.#world.warn(`${count} records lost: ${what}`);
    else this.#text += `… ${count} ${count === 1 ? 'record' : 'records'} lost (${what}) …\n`;
  }

  event(event: KwhoEvent): void {
    this.#text += toJsonLine(event);
  }

  /** What there is to print since the last call. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Nothing more will come. */
  end(): void {
    if (this.#options.form === 'dmesg-json') this.#text += this.#json.end();
  }

  #shown(message: LogMessage): string {
    const { form, raw, netfilter } = this.#options;
    if (form === 'events') return toJsonLine(this.#eventOf(message));
    if (form === 'dmesg-json') return this.#json.print(message);
    const { names } = this.#world;
    if (raw || (names === null && !netfilter)) return this.#printer.print(message);
    const text = names === null ? message.text : names.named(message.text);
    const line = this.#printer.print(text === message.text ? message : { ...message, text });
    const packet = netfilter ? packetOf(message) : null;
    return packet === null ? line : `${line}${PACKET_INDENT}${netfilterWords(packet)}\n`;
  }

  #eventOf(message: LogMessage): KwhoEvent {
    const event = logMessageEvent(message, this.#world.backend);
    const packet = packetOf(message);
    const symbols = this.#world.names?.found(message.text);
    return {
      ...event,
      ...(packet === null ? {} : { netfilter: packet }),
      ...(symbols === undefined ? {} : { symbols }),
    };
  }

  #wanted({ level, facility, microseconds }: LogMessage): boolean {
    const { levels, facilities, since, until } = this.#options;
    if (levels !== null && (level === null || !levels.has(level))) return false;
    if (facilities !== null && (facility === null || !facilities.has(facility))) return false;
    const time = this.#world.wallOffset + (microseconds ?? 0);
    return (since === null || time > since) && (until === null || time < until);
  }
}

const PACKET_INDENT = ' '.repeat(15);

/** Programs can write such a text, but not as the kernel. */
function packetOf({ facility, text }: LogMessage): NetfilterLog | null {
  return facility === null || facility === 0 ? decodeNetfilterLog(text) : null;
}
