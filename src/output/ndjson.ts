import { type KwhoEvent, SCHEMA_VERSION } from '../model/events.js';
import type { OutputChannel } from './channel.js';
import { isDeceptive } from './deceptive-characters.js';
import { jsonText } from './escape.js';
import type { EventSink } from './sink.js';

/** One JSON object a line, as `kwho schema` describes it. */
export class NdjsonSink implements EventSink {
  readonly #channel: OutputChannel;

  constructor(channel: OutputChannel) {
    this.#channel = channel;
  }

  event(event: KwhoEvent): void {
    this.#channel.write(toJsonLine(event));
  }

  tick(): void {}

  end(): void {}
}

/** Every string of an event is bytes of the kernel's; numbers beyond 2^53 are written as they are. */
export function toJsonLine({ type, time, backend, ...rest }: KwhoEvent): string {
  const stamp = time === null ? 'null' : time.toFixed(TIME_DIGITS);
  const head = `{"v":${SCHEMA_VERSION},"type":"${type}","time":${stamp},"backend":${JSON.stringify(backend)}`;
  const body = harmless(JSON.stringify(rest, inUnicode));
  return `${head}${body === '{}' ? '' : `,${body.slice(1, -1)}`}}\n`;
}

/** For JSON.stringify: every string escaped. Names of fields are bytes too: those of a kernel message come from whoever wrote it. */
export function inUnicode(_: string, value: unknown): unknown {
  if (typeof value === 'string') return jsonText(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (entries.every(([name]) => jsonText(name) === name)) return value;
  return Object.fromEntries(entries.map(([name, field]) => [jsonText(name), field]));
}

/** JSON.stringify leaves what a terminal may obey or hide above U+007E as it is: `\u009b` says the same. */
function harmless(json: string): string {
  if (!/[\x7f-\uffff]/.test(json)) return json;
  return json.replace(/[\x7f-\u{10ffff}]/gu, (character) =>
    isDeceptive(character.codePointAt(0)!) ? escapedUnits(character) : character,
  );
}

function escapedUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** Microseconds: what every backend has. */
const TIME_DIGITS = 6;
