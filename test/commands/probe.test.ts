import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../src/commands/command.js';
import { probe, scriptOf } from '../../src/commands/probe.js';
import { probeOptions } from '../../src/commands/probe-options.js';
import { UsageError } from '../../src/errors.js';

const options = (...args: string[]) => probeOptions(parseOptions(probe, args));

describe('kwho probe', () => {
  it('counts drops by where, why and for whom, unless told otherwise', () => {
    expect(options('drops')).toEqual({
      which: 'drops',
      release: null,
      output: null,
      script: {
        events: false,
        intervalMs: 5000,
        stackDepth: 0,
        by: ['location', 'reason', 'dev', 'netns'],
        dev: null,
        netns: null,
        reasons: [],
        hosts: [],
        ports: [],
      },
    });
  });

  it('passes every option on', () => {
    const { script } = options(
      ...'drops -i 1s --by protocol,dev --by dev --reason 3 --reason 5 --netns 4026532208'.split(' '),
      ...'--host ::1 --port 53 --dev eth0 -s 4'.split(' '),
    );
    expect(script).toEqual({
      events: true,
      intervalMs: 1000,
      stackDepth: 4,
      by: ['protocol', 'dev'],
      dev: 'eth0',
      netns: 4026532208,
      reasons: [3, 5],
      hosts: ['::1'],
      ports: [53],
    });
  });

  it('the script that it prints is the one that was asked for', () => {
    expect(scriptOf(options('drops', '--dev', 'we"ird'), null)).toContain(
      '@define ONLY_DEVICE %( "we\\042ird" %)',
    );
    const log = scriptOf(options('log', '-s', '12'), '6.1.0-56-amd64');
    expect(log).toContain('@define STACK_DEPTH %( 12 %)');
    expect(log).toContain('@define RELEASE %( "6.1.0-56-amd64" %)');
    expect(log).toContain('probe inner_call = kprobe.function("do_syslog")');
  });

  it.each([
    [[], 'wants a script'],
    [['drop'], "'drop' came"],
    [['log', '--dev', 'eth0'], '--dev is for kwho probe drops'],
    [['drops', '--compile'], '-o FILE.ko'],
    [['drops', '-o', 'x.ko'], '--compile'],
    [['drops', '--reason', 'NO_SOCKET'], 'wants a number'],
    [['drops', '--by', 'flow'], 'flow'],
    [['drops', '-i', 'soon'], 'soon'],
  ])('%j is refused', (args, message) => {
    expect(() => options(...args)).toThrow(UsageError);
    expect(() => options(...args)).toThrow(message);
  });

  it.each([
    [['--port', '65536'], 'a port'],
    [['--host', 'localhost'], 'address'],
    [['--dev', 'a/b'], 'interface'],
    [['--stack', '65'], 'stack depth'],
  ])('drops %j is refused before anything is printed', (args, message) => {
    expect(() => scriptOf(options('drops', ...args), null)).toThrow(UsageError);
    expect(() => scriptOf(options('drops', ...args), null)).toThrow(message);
  });
});
