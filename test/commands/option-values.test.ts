import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChoice, parseCount, parseDuration, parseSize } from '../../src/commands/option-values.js';
import { UsageError } from '../../src/errors.js';

describe('a time', () => {
  it.each<[string, number]>([
    ['10', 10_000],
    ['10s', 10_000],
    ['500ms', 500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['0.5s', 500],
    ['1.5h', 5_400_000],
    ['596h', 2_145_600_000],
  ])('%s', (text, expected) => {
    expect(parseDuration(text, '--for')).toBe(expected);
  });

  it.each([
    '',
    '0',
    '0s',
    '-1s',
    '1d',
    's',
    '1 s',
    '1e3',
    '.5s',
    '5.',
    '1,5s',
    '0x10',
    '597h',
    '99999999999h',
    'NaN',
    '1s\n',
  ])('%j is none', (text) => {
    expect(() => parseDuration(text, '--for')).toThrow(UsageError);
  });
});

describe('a number', () => {
  it.each<[string, number]>([
    ['1', 1],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%s', (text, expected) => {
    expect(parseCount(text, '--pid')).toBe(expected);
  });

  it.each(['', '0', '-1', '+1', '1.0', '1e3', '0x1', ' 1', '1 ', '9007199254740993', 'many', '１'])(
    '%j is none',
    (text) => {
      expect(() => parseCount(text, '--pid')).toThrow(
        `--pid wants a whole number above 0, and '${text}' came`,
      );
    },
  );
});

describe('a size', () => {
  it.each<[string, number]>([
    ['4096', 4],
    ['4097', 5],
    ['1', 1],
    ['512K', 512],
    ['512k', 512],
    ['512KB', 512],
    ['4M', 4096],
    ['4MiB', 4096],
    ['1G', 1024 * 1024],
  ])('%s is %i KiB', (text, expected) => {
    expect(parseSize(text, '--buffer')).toBe(expected);
  });

  it.each(['', '0', '0K', '-4M', '1.5M', '4T', '2G', '4 M', 'M', '99999999999999999999', '4M\n'])(
    '%j is none',
    (text) => {
      expect(() => parseSize(text, '--buffer')).toThrow(UsageError);
    },
  );
});

describe('one of several words', () => {
  const parse = parseChoice(['auto', 'pages', '/dev/kmsg']);

  it.each<[string, string]>([
    ['auto', 'auto'],
    ['PAGES', 'pages'],
    ['/Dev/Kmsg', '/dev/kmsg'],
  ])('%s', (text, expected) => {
    expect(parse(text, '--reader')).toBe(expected);
  });

  it('anything else names them', () => {
    expect(() => parse('page', '--reader')).toThrow(
      "--reader is one of auto, pages, /dev/kmsg, and 'page' came",
    );
  });
});

it('whatever comes, the answer is a value in range or a usage error', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+.\d]{0,12}[a-zA-Z]{0,3}$/));
  const cases: [(text: string, option: string) => number, number][] = [
    [parseDuration, 2 ** 31 - 1],
    [parseCount, Number.MAX_SAFE_INTEGER],
    [parseSize, 1024 * 1024],
  ];
  fc.assert(
    fc.property(text, fc.constantFrom(...cases), (each, [parse, most]) => {
      try {
        const value = parse(each, '--x');
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThanOrEqual(most);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        expect((error as Error).message).toContain('--x');
      }
    }),
  );
});
