import { FACILITY_NAMES, LEVEL_NAMES } from '../decode/log-levels.js';
import type { LogMessage } from '../decode/log-message.js';
import { seconds } from './dmesg-time.js';
import { dmesgJsonText } from './escape.js';

/** Messages as `dmesg --json` of util-linux prints them: one document, which is empty text where there is no message. */
export class DmesgJson {
  readonly #decode: boolean;
  #begun = false;

  /** @param decode names rather than the number of the priority */
  constructor(decode: boolean) {
    this.#decode = decode;
  }

  print(message: LogMessage): string {
    if (message.text === '') return '';
    const rows = [
      ...this.#priority(message),
      `"time": ${seconds(message.microseconds ?? 0)}`,
      ...(message.caller === null ? [] : [`"caller": ${quoted(message.caller)}`]),
      `"msg": ${quoted(message.text)}`,
    ];
    const opening = this.#begun ? ',{' : '{\n   "dmesg": [\n      {';
    this.#begun = true;
    return `${opening}\n${rows.map((row) => `         ${row}`).join(',\n')}\n      }`;
  }

  end(): string {
    return this.#begun ? '\n   ]\n}\n' : '';
  }

  #priority({ level, facility }: LogMessage): string[] {
    const name = facility === null ? undefined : FACILITY_NAMES[facility];
    if (level === null || facility === null || name === undefined) return [];
    if (this.#decode) return [`"fac": "${name}"`, `"pri": "${LEVEL_NAMES[level]}"`];
    return [`"pri": ${8 * facility + level}`];
  }
}

function quoted(text: string): string {
  return JSON.stringify(dmesgJsonText(text));
}
