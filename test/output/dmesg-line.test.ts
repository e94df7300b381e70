import { expect, it } from 'vitest';
import type { LogMessage } from '../../src/decode/log-message.js';
import { DmesgJson } from '../../src/output/dmesg-json.js';
import { type DmesgOptions, DmesgPrinter } from '../../src/output/dmesg-line.js';

const MESSAGE: LogMessage = {
  seq: 1,
  level: 6,
  facility: 0,
  microseconds: 1_000_000,
  flags: '-',
  caller: null,
  text: '',
  fields: [],
};

function print(text: string, options: Partial<DmesgOptions> = {}): string {
  const all: DmesgOptions = {
    times: ['raw'],
    decode: false,
    raw: false,
    forcePrefix: false,
    color: false,
    callerWidth: 5,
    wallOffset: 0,
    ...options,
  };
  return new DmesgPrinter(all).print({ ...MESSAGE, text });
}

it.each([
  ['plain', 'plain'],
  ['\x1b[2J', '\\x1b[2J'],
  ['back\rspace\b', 'back\\x0dspace\\x08'],
  ['tab\tstays', 'tab\tstays'],
  ['\xc3\xa9', 'é'],
  ['\xc3', '\\xc3'],
  // U+202E, which writes from right to left.
  ['\xe2\x80\xae', '\\xe2\\x80\\xae'],
  // As dmesg has it: a backslash is a backslash.
  ['\\x41', '\\x41'],
  ['one\ntwo', 'one\n               two'],
])('%j is safe on a terminal', (text, expected) => {
  expect(print(text)).toBe(`[    1.000000] ${expected}\n`);
  expect(print(text, { times: ['raw'], color: true }).replaceAll(/\x1b\[\d*m/g, '')).toBe(print(text));
});

it('raw is safe too', () => {
  expect(print('\x1b[2J', { raw: true })).toBe('<6>[    1.000000] \\x1b[2J\n');
});

it('every line gets its prefix', () => {
  expect(print('one\n\ntwo', { forcePrefix: true, decode: true })).toBe(
    'kern  :info  : [    1.000000] one\nkern  :info  : [    1.000000] two\n',
  );
});

it('JSON can be read back', () => {
  const json = new DmesgJson(false);
  const text = json.print({ ...MESSAGE, text: 'a "quote" \\ \x01 \xff\n' }) + json.end();
  expect(JSON.parse(text)).toEqual({ dmesg: [{ pri: 6, time: 1, msg: 'a "quote" \\ \x01 \\xff\n' }] });
  expect(new DmesgJson(false).end()).toBe('');
});
