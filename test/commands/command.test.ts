import { describe, expect, it } from 'vitest';
import { type Command, helpOf, parseOptions } from '../../src/commands/command.js';
import { parseCount } from '../../src/commands/option-values.js';
import { UsageError } from '../../src/errors.js';

const COMMAND: Command = {
  name: 'watch',
  summary: 'looks at things',
  options: {
    all: { short: 'a', help: 'everything' },
    stack: { short: 's', help: 'with paths' },
    count: { short: 'c', value: 'N', parse: parseCount, help: 'how many' },
    comm: { value: 'NAME', multiple: true, help: 'only this name' },
    file: { value: 'FILE', help: 'where to' },
  },
  examples: [{ line: 'kwho watch -a', what: 'see it all' }],
  run: async () => 0,
};

describe('options', () => {
  it.each<[string[], object]>([
    [[], {}],
    [['--all'], { all: true }],
    [['-a'], { all: true }],
    [['-as'], { all: true, stack: true }],
    [['--all', '--all'], { all: true }],
    [['--count', '3'], { count: 3 }],
    [['--count=3'], { count: 3 }],
    [['-c', '3'], { count: 3 }],
    [['-c3'], { count: 3 }],
    [['-ac3'], { all: true, count: 3 }],
    [['--comm', 'x', '--comm=y'], { comm: ['x', 'y'] }],
    [['--comm', 'one'], { comm: ['one'] }],
    [['--file='], { file: '' }],
    [['--file', 'a=b'], { file: 'a=b' }],
    // A number may be negative.
    [['--file', '-1'], { file: '-1' }],
  ])('%j', (args, expected) => {
    expect(parseOptions(COMMAND, args)).toEqual(expected);
  });

  it.each<[string, string[], string, string | undefined]>([
    ['unknown, nearly right', ['--al'], 'kwho watch has no option --al', 'did you mean --all?'],
    ['unknown, swapped letters', ['--cmom', 'x'], 'kwho watch has no option --cmom', 'did you mean --comm?'],
    [
      'unknown, nothing like it',
      ['--frobnicate'],
      'kwho watch has no option --frobnicate',
      'see kwho watch --help',
    ],
    ['unknown letter', ['-x'], 'kwho watch has no option -x', expect.any(String) as unknown as string],
    [
      'a negated switch',
      ['--no-all'],
      'kwho watch has no option --no-all',
      expect.any(String) as unknown as string,
    ],
    ['no value', ['--count'], '--count needs a value: --count N', undefined],
    ['no value, short', ['-c'], '-c needs a value: -c N', undefined],
    ['a value for a switch', ['--all=yes'], "--all takes no value, and it has 'yes'", undefined],
    ['twice', ['--count', '1', '-c', '2'], '-c is given twice', undefined],
    [
      'an argument',
      ['thing'],
      "kwho watch takes no argument, and 'thing' came",
      expect.any(String) as unknown as string,
    ],
    [
      'an argument behind --',
      ['--', '--all'],
      "kwho watch takes no argument, and '--all' came",
      expect.any(String) as unknown as string,
    ],
    [
      'a value that does not fit',
      ['--count', 'many'],
      "--count wants a whole number above 0, and 'many' came",
      undefined,
    ],
  ])('%s', (_, args, message, hint) => {
    const error = errorOf(() => parseOptions(COMMAND, args));
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message, code: 'usage' });
    expect((error as UsageError).hint).toEqual(hint);
  });

  it('another option is no value', () => {
    expect(() => parseOptions(COMMAND, ['--file', '--all'])).toThrow('--file needs a value');
  });

  // Names that every object has.
  it.each(['--constructor', '--toString', '--hasOwnProperty', '--__proto__'])('%s is unknown', (option) => {
    expect(() => parseOptions(COMMAND, [option])).toThrow(`kwho watch has no option ${option}`);
  });
});

it('the page of --help', () => {
  expect(helpOf(COMMAND)).toMatchInlineSnapshot(`
    "kwho watch: looks at things

    Usage: kwho watch [OPTIONS]

    Options:
      -a, --all        everything
      -s, --stack      with paths
      -c, --count N    how many
          --comm NAME  only this name
          --file FILE  where to
      -h, --help       print this page

    Examples:
      kwho watch -a
          see it all
    "
  `);
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return null;
}
