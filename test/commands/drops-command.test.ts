import { describe, expect, it } from 'vitest';
import { helpOf, parseOptions } from '../../src/commands/command.js';
import { drops, dropsOptions } from '../../src/commands/drops.js';
import type { DropsOptions } from '../../src/commands/drops-options.js';
import { UsageError } from '../../src/errors.js';

const optionsOf = (...args: string[]): DropsOptions => dropsOptions(parseOptions(drops, args));

function errorOf(...args: string[]): [string, string | undefined] {
  try {
    optionsOf(...args);
  } catch (error) {
    if (error instanceof UsageError) return [error.message, error.hint];
    throw error;
  }
  throw new Error('no error');
}

it('without options: a table by place, every five seconds, until told to stop', () => {
  expect(optionsOf()).toEqual({
    json: false,
    events: false,
    stack: false,
    by: ['location', 'reason', 'dev', 'netns'],
    conditions: [],
    backend: 'auto',
    module: null,
    intervalMs: 5000,
    forMs: null,
    maxEvents: null,
    bufferKib: null,
    reader: 'auto',
    readyFile: null,
  });
});

it('a module is for SystemTap', () => {
  expect(optionsOf('--module', '/x/kwho_drops.ko')).toMatchObject({
    backend: 'stap',
    module: '/x/kwho_drops.ko',
  });
  expect(optionsOf('--backend', 'auto', '--module', '/x/kwho_drops.ko')).toMatchObject({
    backend: 'auto',
    module: '/x/kwho_drops.ko',
  });
});

it('every option', () => {
  const words = '-e -s -j --interval 1m --for 10s --max-events 5 --backend HIST --buffer 4M --reader text';
  expect(optionsOf(...words.split(' '), '--ready-file', '/x')).toMatchObject({
    events: true,
    stack: true,
    json: true,
    intervalMs: 60_000,
    forMs: 10_000,
    maxEvents: 5,
    backend: 'hist',
    bufferKib: 4096,
    reader: 'text',
    readyFile: '/x',
  });
});

describe('--by', () => {
  it('several fields, with commas or one by one, each once', () => {
    expect(optionsOf('--by', 'netns,Reason').by).toEqual(['netns', 'reason']);
    expect(optionsOf('--by', 'netns', '--by', 'dev,netns').by).toEqual(['netns', 'dev']);
  });

  it.each(['proto', 'flow', 'comm', 'stack'])('%s stands alone', (field) => {
    expect(optionsOf('--by', `${field},${field}`).by).toEqual([field]);
    const message = `--by ${field} stands alone, and`;
    expect(errorOf('--by', `dev,${field}`)[0]).toBe(`${message} 'dev,${field}' came`);
    expect(errorOf('--by', field, '--by', 'dev')[0]).toBe(`${message} '${field},dev' came`);
  });

  it('a field that is none', () => {
    const [message, hint] = errorOf('--by', 'reasn');
    expect(message).toBe(
      "--by is of location, reason, dev, netns, proto, flow, comm, stack, and 'reasn' came",
    );
    expect(hint).toBe('did you mean reason?');
    expect(errorOf('--by', '')[0]).toContain("and '' came");
  });

  it('a path needs the stack, and --stack alone shows single drops', () => {
    expect(optionsOf('--by', 'stack')).toMatchObject({ stack: true, events: false });
    expect(optionsOf('--stack')).toMatchObject({ stack: true, events: true });
    expect(optionsOf('--stack', '--by', 'dev')).toMatchObject({ stack: true, events: false });
  });
});

describe('conditions', () => {
  it('in the words of the command line', () => {
    const { conditions } = optionsOf(
      ...['--dev', 'eth0', '--dev', 'eth1', '--port', '53', '--not', 'REASON=NO_SOCKET', '--not', 'host=::1'],
    );
    expect(conditions).toEqual([
      { field: 'dev', value: 'eth0', not: false },
      { field: 'dev', value: 'eth1', not: false },
      { field: 'port', value: '53', not: false },
      { field: 'reason', value: 'NO_SOCKET', not: true },
      { field: 'host', value: '::1', not: true },
    ]);
  });

  it('a value may have an equals sign in it', () => {
    expect(optionsOf('--not', 'dev=a=b').conditions).toEqual([{ field: 'dev', value: 'a=b', not: true }]);
  });

  it.each(['reason', 'reason=', '=x', 'comm=x', ''])('--not %j', (text) => {
    expect(errorOf(`--not=${text}`)).toEqual([
      `--not wants FIELD=VALUE with a field of reason, dev, netns, proto, host, port, and '${text}' came`,
      'for example: --not reason=NO_SOCKET',
    ]);
  });

  it.each(['65536', '-1', 'x', '', '1e3'])('port %j', (text) => {
    const end = `wants a number from 0 to 65535, and '${text}' came`;
    expect(errorOf(`--port=${text}`)[0]).toBe(`--port ${end}`);
    if (text !== '') expect(errorOf('--not', `port=${text}`)[0]).toBe(`--not ${end}`);
  });
});

it.each([
  [['--backend', 'ebpf'], "--backend is one of auto, hist, fields, event, stap, and 'ebpf' came", undefined],
  [
    ['--module', 'x.ko', '--backend', 'hist'],
    '--module is for --backend stap or auto, and --backend hist came',
    undefined,
  ],
  [['--backend', 'stap', '--reader', 'text'], '--reader says nothing to the backend stap', undefined],
  [['--event'], 'kwho drops has no option --event', 'did you mean --events?'],
  [['eth0'], "kwho drops takes no argument, and 'eth0' came", /an option that takes a value/],
  [
    ['--interval', '0'],
    "--interval wants a time such as 500ms, 10s, 2m or 1h (at most 24 days), and '0' came",
    undefined,
  ],
])('%j', (args, message, hint) => {
  const [said, advice] = errorOf(...args);
  expect(said).toBe(message);
  if (hint instanceof RegExp) expect(advice).toMatch(hint);
  else expect(advice).toBe(hint);
});

it('help names every option, and every example can be parsed', () => {
  const help = helpOf(drops);
  for (const name of Object.keys(drops.options)) expect(help).toContain(`--${name}`);
  expect(help).toContain('what to count by: location, reason, dev, netns, proto, flow, comm, stack;');
  for (const { line } of drops.examples) {
    expect(help).toContain(`  ${line}\n`);
    expect(() => parseOptions(drops, line.split(' ').slice(2)), line).not.toThrow();
  }
});
