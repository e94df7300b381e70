import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOptions } from '../../../src/commands/command.js';
import { MessageWriter } from '../../../src/commands/kmsg/message-writer.js';
import { kmsgOptions } from '../../../src/commands/kmsg/options.js';
import { kmsg } from '../../../src/commands/kmsg.js';
import { TextSource } from '../../../src/klog/text-source.js';

// The published tests of dmesg(1): its own inputs, options and expected outputs.
const TEXTS = new URL('../../fixtures/util-linux/', import.meta.url).pathname;
const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'GMT';
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

it.each([
  ['decode', '-x -F input'],
  ['delta', '-d -F input'],
  ['colors', '--color=always -F input -x'],
  ['json', '-J -F input'],
  ['limit', '--since @1234567890.124 --until @1234567991 -F input'],
  ['timestamp-format-multiple', '--time-format raw --time-format ctime --time-format iso -F input'],
  ['timestamp-format-delta', '--time-format iso --time-format delta -F input'],
  ['timestamp-format-delta-ctime', '--time-format reltime --time-format delta --time-format ctime -F input'],
  ['timestamp-format-delta-raw', '--time-format raw --time-format ctime --time-format delta -F input'],
  ['cid-json', '-J -F cid-input'],
  ['kmsg-file', '-J -K kmsg-input'],
  ['cid-kmsg-json', '-J -K cid-kmsg-input'],
  ['cid-kmsg-colors', '--color=always -K cid-kmsg-input -x'],
  ['cid-kmsg-decode', '-x -K cid-kmsg-input'],
  ['cid-kmsg-delta', '-d -K cid-kmsg-input'],
  ['cid-kmsg-limit', '--since @1234567890.124 --until @1234567991 -K cid-kmsg-input'],
])('%s: kwho kmsg %s', (name, line) => {
  expect(printed(line)).toBe(expected(name));
});

describe('several runs into one output', () => {
  it('indentation', () => {
    const formats = ['delta', 'notime', 'reltime', 'ctime', 'iso'].map(
      (each) => `--time-format=${each} -F newlines`,
    );
    expect(['-F newlines', '-F newlines -x', ...formats].map(printed).join('')).toBe(expected('indentation'));
  });

  it('cid-kmsg-indentation', () => {
    const formats = ['delta', 'notime', 'reltime', 'ctime', 'iso'].map((each) => `--time-format=${each}`);
    const runs = ['', '', ...formats].map((format) => printed(`${format} -K cid-kmsg-newlines`));
    expect(runs.join('')).toBe(expected('cid-kmsg-indentation'));
  });

  it('console-levels', () => {
    const levels = ['0', '1', '2', '3', '4', '5', '6', '7', 'err+', 'emerg+', '+err', '+debug'];
    const message = "test_dmesg: unknown level '+'\n";
    expect(levels.map((level) => printed(`-F input -l ${level}`)).join('') + message).toBe(
      expected('console-levels'),
    );
  });

  it('facilities', () => {
    const numbers = Array.from({ length: 13 }, (_, facility) => facility);
    expect(numbers.map((each) => printed(`-F input -f ${each}`)).join('')).toBe(expected('facilities'));
  });

  it('cid-kmsg-facilities', () => {
    const runs = Array.from({ length: 14 }, (_, i) => i - 1).map(
      (each) =>
        `Display facility list: ${each}\n${each < 0 ? '' : printed(`-K cid-kmsg-input -f ${each} -x`)}`,
    );
    expect(runs.join('')).toBe(expected('cid-kmsg-facilities'));
  });

  it('cid-kmsg-console-levels', () => {
    const runs = [
      '-1',
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      'err+',
      'emerg+',
      '+err',
      '+debug',
      'debug',
    ];
    const refused = new Set(['-1', '8']);
    const parts = runs.map(
      (level) =>
        `Display console level: ${level}\n${refused.has(level) ? '' : printed(`-K cid-kmsg-input -l ${level}`)}`,
    );
    const last = "Display console level: + (invalid)\ntest_dmesg: unknown level '+'\n";
    expect(parts.join('') + last).toBe(expected('cid-kmsg-console-levels'));
  });
});

it.each(['-l +', '-l 8', '-l', '-f nobody', '-f 24', '-n 9', '-n 0', '--time-format ctimes', '--since soon'])(
  'kwho kmsg %s is wrong usage',
  (line) => {
    expect(() => parseOptions(kmsg, line.split(' '))).toThrow(/wants|needs|is one of/);
  },
);

it.each(['-r -T', '-r -x', '-J --json', '-F a -K b', '-F a -w', '-F a -S', '-w --oneshot', '-F a --all'])(
  'kwho kmsg %s does not go together',
  (line) => {
    expect(() => kmsgOptions(parseOptions(kmsg, line.split(' ')))).toThrow(/do not go together/);
  },
);

/** What the command prints for a file of the fixtures, booted when dmesg's tests say. */
function printed(line: string): string {
  const args = line.split(' ').filter((word) => word !== '');
  const options = kmsgOptions(parseOptions(kmsg, args));
  const file = options.file;
  if (file === null) throw new Error('no file');
  const source = new TextSource(`${TEXTS}ts/${file.path}`, file.format);
  const writer = new MessageWriter(options, {
    backend: source.name,
    color: options.color === 'always',
    wallOffset: 1234567890_123456,
    // dmesg's tests cut the spaces before a caller.
    callerWidth: 0,
    names: null,
    warn: (text) => expect.fail(text),
  });
  while (source.read(writer)) {}
  source.close();
  writer.end();
  return writer.take();
}

/** cid-kmsg-input ends with one newline too many, which dmesg takes for a part of the last message. */
function expected(name: string): string {
  const text = readFileSync(`${TEXTS}expected/${name}`, 'utf8');
  if (!name.startsWith('cid-kmsg-')) return text;
  return text.replace(
    /(at debug priority)(?:\n(\n|\x1b\[0m)|\\n")/g,
    (_, message, end) => `${message}${end ?? '"'}`,
  );
}
