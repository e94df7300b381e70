import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventSchema } from '../src/output/event-schema.js';
import { Built } from './built.js';

let built: Built;
beforeAll(() => {
  built = new Built();
}, 120_000);
afterAll(() => built?.remove());

function kwho(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built.file('cli.js'), ...args], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

const VERSION = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  .version as string;
/** Where a run would really trace this host, these tests must not start one. */
const CAN_TRACE = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'].some((path) => {
  try {
    accessSync(join(path, 'instances'), constants.W_OK);
    return existsSync(join(path, 'trace_pipe'));
  } catch {
    return false;
  }
});

it.each(['--version', '-V'])('%s', (option) => {
  expect(kwho(option)).toEqual({ status: 0, stdout: `kwho ${VERSION}\n`, stderr: '' });
});

describe('help', () => {
  it.each([['--help'], ['-h'], ['help']])('%s is of all commands', (...args) => {
    const { status, stdout, stderr } = kwho(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const word of ['Usage: kwho', 'log ', 'schema ', 'Exit status']) expect(stdout).toContain(word);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it.each([
    ['log', '--help'],
    ['log', '-h'],
    ['help', 'log'],
    ['log', '--json', '--help'],
  ])('%s %s is of the command', (...args) => {
    const { status, stdout } = kwho(...args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^kwho log: /);
    for (const option of ['--action ACTION', '--max-events N', '-n, --dry-run'])
      expect(stdout).toContain(option);
  });
});

describe('a wrong command line', () => {
  it.each<[string[], string, string]>([
    [['lgo'], "kwho: kwho has no command 'lgo'", 'did you mean log?'],
    [
      ['frobnicate'],
      "kwho: kwho has no command 'frobnicate'",
      'there are: top, log, drops, why, kmsg, record, replay, probe, doctor, schema, help',
    ],
    [['help', 'shcema'], "kwho: kwho has no command 'shcema'", 'did you mean schema?'],
    [['log', '--jsno'], 'kwho: kwho log has no option --jsno', 'did you mean --json?'],
    [['--jsno'], 'kwho: kwho top has no option --jsno', 'did you mean --json?'],
    [
      ['log', '--for', 'ever'],
      "kwho: --for wants a time such as 500ms, 10s, 2m or 1h (at most 24 days), and 'ever' came",
      '',
    ],
    [['log', '--action', 'ERASE'], 'kwho: --action is one of CLOSE, OPEN, READ', ''],
    [['log', 'dmesg'], "kwho: kwho log takes no argument, and 'dmesg' came", 'see kwho log --help'],
    [['schema', '--json'], 'kwho: kwho schema has no option --json', 'see kwho schema --help'],
  ])('%j', (args, message, hint) => {
    const { status, stdout, stderr } = kwho(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(
      hint === '' ? 'kwho' : `  hint: ${hint === 'see kwho log --help' ? 'an option' : hint}`,
    );
    expect(stderr).not.toContain('    at ');
  });

  it('an argument cannot write to the terminal', () => {
    const { stderr } = kwho('log', '--\x1b[2J\u202e');
    expect(stderr).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

describe('schema', () => {
  it('is JSON, and what the tests check events against', () => {
    const { status, stdout } = kwho('schema');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(eventSchema);
  });
});

// Said in the report as a skipped test: where it is skipped, the guest tests cover the real thing.
describe.skipIf(CAN_TRACE)('a host where nothing can be traced', () => {
  it.each(['log', 'log --json', 'log --dry-run', 'log --for 1s', ''])('kwho %s', (line) => {
    const { status, stdout, stderr } = kwho(...line.split(' ').filter((word) => word !== ''));
    expect([69, 77]).toContain(status);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^(kwho: .*: trying SystemTap instead\n)?kwho: .*\n {2}hint: .+\n$/);
    expect(stderr).not.toContain('unexpected');
  });

  it('says how tracefs is mounted where it only is not', () => {
    const unmounted = !/ tracefs | debugfs /.test(readFileSync('/proc/mounts', 'latin1'));
    const known = readFileSync('/proc/filesystems', 'latin1').includes('\ttracefs\n');
    const { status, stderr } = kwho('log');
    if (unmounted && known) {
      expect(status).toBe(69);
      expect(stderr).toContain('mount -t tracefs nodev /sys/kernel/tracing');
    }
  });
});
