import { afterEach, describe, expect, it } from 'vitest';
import { parseOptions } from '../../src/commands/command.js';
import { drops, dropsOptions } from '../../src/commands/drops.js';
import { dropConditions } from '../../src/commands/drops-conditions.js';
import { type DropsSetup, setUpDrops } from '../../src/commands/drops-setup.js';
import { KwhoError } from '../../src/errors.js';
import { readDropEvent } from '../../src/tracefs/drop-tracing.js';
import { DropHost, type DropHostOptions } from '../tracefs/drop-host.js';

const PID = 7;
/** The one made last. */
let host: DropHost | null = null;
const hosts: DropHost[] = [];
afterEach(() => {
  for (const each of hosts.splice(0)) each.remove();
});

function newHost(kernel: string, options?: DropHostOptions): DropHost {
  host = new DropHost(kernel, options);
  hosts.push(host);
  return host;
}

interface Run extends DropHostOptions {
  reader?: 'pages' | 'text';
}

/** `kwho drops ARGS` up to where everything is chosen. */
function setUp(kernel: string, args: string, { reader = 'pages', ...options }: Run = {}): DropsSetup {
  const host = newHost(kernel, options);
  const facts = readDropEvent(host.path, host.path);
  const wanted = dropsOptions(
    parseOptions(
      drops,
      args.split(' ').filter((word) => word !== ''),
    ),
  );
  const own = { inum: 4026531840, name: null, pid: 1, path: '', own: true };
  return setUpDrops({
    instance: host.instance(PID),
    journal: host.journal,
    facts,
    options: wanted,
    conditions: dropConditions(wanted.conditions, { ...facts, namespaces: () => [own] }),
    reader,
    sys: host.sys,
  });
}

function errorOf(kernel: string, args: string, run?: Run): KwhoError {
  try {
    setUp(kernel, args, run);
  } catch (error) {
    if (error instanceof KwhoError) return error;
    throw error;
  }
  throw new Error('no error');
}

/** In short: what shows single drops, what counts. */
function plan({ detail, count, counting, backends }: DropsSetup) {
  return {
    detail: detail === null ? null : detail.event.replace('kwho_7/', ''),
    tables: count !== null,
    counting: counting === null ? null : counting.event.replace('kwho_7/', ''),
    backends: backends.join(' '),
  };
}

describe('what each kernel gets', () => {
  it('5.10: probes on the function, and a second instance to count', () => {
    expect(plan(setUp('5.10', ''))).toEqual({
      detail: 'drop',
      tables: false,
      counting: 'keys',
      backends: 'event fields',
    });
    expect(host?.defined()).toEqual(['p:kwho_7/keys kfree_skb', 'p:kwho_7/drop kfree_skb']);
    const own = 'users == 1 && skb != 0';
    const setup = setUp('5.10', '--proto arp');
    for (const stream of [setup.detail, setup.counting])
      expect(stream).toMatchObject({ base: own, filter: `(${own}) && (proto == 1544)` });
  });

  it('6.1: tables, and event probes', () => {
    expect(plan(setUp('6.1', ''))).toEqual({
      detail: 'drop',
      tables: true,
      counting: null,
      backends: 'hist fields',
    });
    expect(host?.defined()).toEqual(['e:kwho_7/keys skb.kfree_skb', 'e:kwho_7/drop skb.kfree_skb']);
  });

  it.each(['6.12', '7.2'])('%s: tables on an event probe, packets from a tracepoint probe', (kernel) => {
    expect(plan(setUp(kernel, ''))).toEqual({
      detail: 'drop',
      tables: true,
      counting: null,
      backends: 'hist fields',
    });
    expect(host?.defined()).toEqual(['e:kwho_7/keys skb.kfree_skb', 't:kwho_7/drop kfree_skb']);
  });

  it('6.12 where somebody else holds the tracepoint', () => {
    const setup = setUp('6.12', '', { others: 't:other/x kfree_skb a=location:x64\n' });
    expect(plan(setup)).toMatchObject({ detail: 'drop', tables: true });
    expect(host?.defined().slice(1)).toEqual(['e:kwho_7/keys skb.kfree_skb', 'e:kwho_7/drop skb.kfree_skb']);
  });

  it('everything is taken back', () => {
    setUp('6.12', '');
    host?.journal.undo();
    expect(host?.lines('dynamic_events').slice(-2)).toEqual(['-:kwho_7/drop', '-:kwho_7/keys']);
    expect(host?.has('instances/kwho-7')).toBe(false);
  });
});

describe('where kernel.ftrace_enabled is 0', () => {
  it.each([
    ['5.10', [], 'skb/kfree_skb'],
    ['6.1', ['e:kwho_7/keys skb.kfree_skb', 'e:kwho_7/drop skb.kfree_skb'], 'drop'],
    ['6.12', ['e:kwho_7/keys skb.kfree_skb', 'e:kwho_7/drop skb.kfree_skb'], 'drop'],
  ])('Linux %s: no probe that hooks a function, which would not fire', (kernel, defined, detail) => {
    const setup = setUp(kernel, '', { ftrace: false });
    expect(host?.defined()).toEqual(defined);
    expect(plan(setup).detail).toBe(detail);
    if (kernel === '5.10')
      expect(setup.refusals).toContainEqual(expect.stringContaining('ftrace_enabled is 0'));
  });
});

describe('where probes are refused', () => {
  it('the plain event, with its blind spots and the kernel’s reasons', () => {
    const setup = setUp('6.12', '', { probes: false });
    expect(plan(setup)).toEqual({
      detail: 'skb/kfree_skb',
      tables: true,
      counting: null,
      backends: 'hist event',
    });
    expect(setup.blindSpots).toEqual([
      'the interface and network namespace of counted drops',
      'interface, network namespace, flow and length of single drops: only the plain event is used',
    ]);
    expect(setup.refusals).toEqual(['e: probe: ENOENT', 't: probe: ENOENT', 'e: probe: ENOENT']);
  });

  it('without type information 6.1 can probe nothing, and says why', () => {
    const setup = setUp('6.1', '', { btf: false });
    expect(plan(setup)).toMatchObject({ detail: 'skb/kfree_skb', tables: true });
    expect(setup.refusals[0]).toBe('there is no type information: /sys/kernel/btf/vmlinux cannot be read');
  });

  it('type information that lies is as none', () => {
    const host = newHost('6.1', { btf: false });
    host.put('sys/kernel/btf/vmlinux', 'not BTF at all');
    const facts = readDropEvent(host.path, host.path);
    const options = dropsOptions({});
    const site = {
      instance: host.instance(PID),
      journal: host.journal,
      facts,
      options,
      conditions: [],
      sys: host.sys,
    };
    expect(setUpDrops({ ...site, reader: 'pages' }).detail?.event).toBe('skb/kfree_skb');
  });

  it('fields alone: an error with the reasons', () => {
    const error = errorOf('6.1', '--backend fields', { btf: false });
    expect(error).toMatchObject({ name: 'UnavailableError', code: 'no-fields' });
    expect(error.message).toBe(
      'the backend fields cannot run: there is no type information: /sys/kernel/btf/vmlinux cannot be read',
    );
  });

  it('a condition that only a probe can hold: an error, whatever the backend', () => {
    for (const args of ['--dev s0', '--backend event --dev s0', '--netns host'])
      expect(errorOf('6.12', args, { probes: false }).message).toContain(
        '--dev and --netns need the backend fields',
      );
    expect(errorOf('6.12', '--dev s0', { probes: false }).hint).toContain(
      'this kernel refuses them: e: probe: ENOENT',
    );
    const error = errorOf('6.12', '--backend hist --dev s0', { probes: false });
    expect(error).toMatchObject({ name: 'UnavailableError', code: 'no-hist' });
    expect(error.message).toContain(
      '--dev and --netns need a probe, and the kernel takes none: e: probe: ENOENT',
    );
  });
});

describe('a backend that was asked for', () => {
  it('hist: tables and nothing else', () => {
    const setup = setUp('6.12', '--backend hist');
    expect(plan(setup)).toEqual({ detail: null, tables: true, counting: null, backends: 'hist' });
    expect(setup.blindSpots).toEqual(['flows, lengths and processes: the backend hist only counts']);
  });

  it('fields: no tables; what is read is counted', () => {
    expect(plan(setUp('6.12', '--backend fields'))).toEqual({
      detail: 'drop',
      tables: false,
      counting: null,
      backends: 'fields',
    });
    expect(host?.defined()).toEqual(['t:kwho_7/drop kfree_skb']);
  });

  it('event: no probe at all', () => {
    const setup = setUp('5.10', '--backend event --proto ipv4');
    expect(plan(setup)).toEqual({
      detail: 'skb/kfree_skb',
      tables: false,
      counting: null,
      backends: 'event',
    });
    expect(setup.detail).toMatchObject({ base: null, filter: 'protocol == 2048' });
    expect(host?.lines('dynamic_events')).toEqual([]);
  });

  it('event knows no interface: a usage error', () => {
    expect(errorOf('6.12', '--backend event --dev s0')).toMatchObject({
      name: 'UsageError',
      message:
        '--dev and --netns need the backend fields or hist: the plain event does not know the interface',
      hint: 'leave --backend out',
    });
  });

  it.each([
    ['5.10', '', 'this kernel has no hist triggers (CONFIG_HIST_TRIGGERS)'],
    ['6.12', '--port 53', 'the kernel cannot count by transport protocol, host or port'],
    ['6.12', '--proto tcp', 'the kernel cannot count by transport protocol, host or port'],
    ['6.12', '--by flow', 'the kernel cannot count by flow'],
    ['6.12', '--events --max-events 3', 'the kernel cannot count single drops that are told'],
    ['5.10', '--by comm', 'this kernel has no hist triggers (CONFIG_HIST_TRIGGERS)'],
  ])('hist on %s with %j: an error', (kernel, args, why) => {
    expect(errorOf(kernel, `--backend hist ${args}`)).toMatchObject({
      code: 'no-hist',
      message: `the backend hist cannot run: ${why}`,
    });
  });

  it('event as text where the kernel prints a hash: a probe that prints the place', () => {
    const setup = setUp('6.1', '--backend event --reason NO_SOCKET --proto ipv4', { reader: 'text' });
    expect(plan(setup)).toMatchObject({ detail: 'place', backends: 'event' });
    expect(setup.detail).toMatchObject({ kind: 'event', base: null, filter: '(reason == 2 && proto == 8)' });
    expect(host?.lines('dynamic_events')).toEqual([
      'e:kwho_7/place skb.kfree_skb loc=$location:symbol reason=$reason:s32 proto=+180($skbaddr):x16',
    ]);
    expect(plan(setUp('6.1', '--backend event', { reader: 'pages' })).detail).toBe('skb/kfree_skb');
    expect(plan(setUp('6.12', '--backend event', { reader: 'text' })).detail).toBe('skb/kfree_skb');
  });
});

describe('what rows are by is known of every drop that is counted, and not of samples', () => {
  it.each(['6.1', '6.12', '7.2'])(
    '%s: flows are counted as they are read, all else in the kernel',
    (kernel) => {
      expect(plan(setUp(kernel, '--by flow'))).toEqual({
        detail: 'drop',
        tables: false,
        counting: null,
        backends: 'fields',
      });
      expect(host?.defined()).toHaveLength(1);
      for (const by of ['proto', 'comm', 'stack', 'dev,reason'])
        expect(plan(setUp(kernel, `--by ${by}`))).toMatchObject({ tables: true, backends: 'hist fields' });
    },
  );

  it('5.10: only places are counted apart from what is read', () => {
    for (const by of ['flow', 'proto', 'comm', 'stack'])
      expect(plan(setUp('5.10', `--by ${by}`))).toMatchObject({ counting: null, backends: 'fields' });
    expect(plan(setUp('5.10', '--by netns,reason'))).toMatchObject({ counting: 'keys' });
  });

  it('names need a probe to be counted by', () => {
    expect(plan(setUp('6.12', '--by comm', { probes: false }))).toMatchObject({ tables: false });
    expect(errorOf('6.12', '--by comm --backend hist', { probes: false }).message).toContain(
      '--by comm needs a probe, and the kernel takes none: e: probe: ENOENT',
    );
  });

  it('single drops have no rows', () => {
    expect(plan(setUp('6.12', '--events --by flow'))).toMatchObject({ tables: true });
    expect(plan(setUp('5.10', '--events --by proto'))).toMatchObject({ counting: 'keys' });
  });
});

describe('conditions', () => {
  it('on headers cannot be counted by the kernel: what is read is', () => {
    for (const args of ['--port 53', '--host ::1', '--proto udp', '--not port=22'])
      expect(plan(setUp('6.12', args))).toMatchObject({ tables: false, counting: null, detail: 'drop' });
  });

  it('on an interface: the total is counted by the probe', () => {
    expect(setUp('6.12', '--dev s0').totalByProbe).toBe(true);
    expect(setUp('6.12', '--reason NO_SOCKET').totalByProbe).toBe(false);
    expect(setUp('6.12', '--dev s0').detail?.filter).toBe('((devp >= 0xff00000000000000 && dev == "s0"))');
  });

  it('a number of single drops is counted one by one', () => {
    expect(plan(setUp('6.12', '--events --max-events 3'))).toMatchObject({ tables: false, detail: 'drop' });
    expect(plan(setUp('6.12', '--max-events 3')).tables).toBe(true);
    expect(plan(setUp('5.10', '--events --max-events 3')).counting).toBeNull();
  });
});

describe('names of processes', () => {
  const fetches = (name: string) =>
    host
      ?.lines('dynamic_events')
      .find((line) => line.includes(`/${name} `))
      ?.includes('comm=$comm:string');

  it('are fetched for pages, and never sent to a text reader, which they could deceive', () => {
    setUp('6.12', '');
    expect([fetches('drop'), fetches('keys')]).toEqual([true, false]);
    setUp('6.12', '', { reader: 'text' });
    expect(fetches('drop')).toBe(false);
  });

  it('are counted in the kernel where they were asked for', () => {
    setUp('6.12', '--by comm', { reader: 'text' });
    expect(fetches('keys')).toBe(true);
    setUp('5.10', '--by comm --events', { reader: 'text' });
    expect(fetches('keys')).toBe(false);
  });
});
