import { afterEach, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../src/errors.js';
import {
  type CountOptions,
  type DefinedProbe,
  enableDrops,
  readDropEvent,
  startCounting,
} from '../../src/tracefs/drop-tracing.js';
import { DropHost } from './drop-host.js';
import { FakeTracefs } from './fake-tracefs.js';

let host: FakeTracefs;
afterEach(() => host.remove());

describe('what a kernel’s drop event offers', () => {
  it.each([
    [
      '5.10',
      {
        hasReason: false,
        hasSocket: false,
        hashed: false,
        syntax: { tracepointProbes: false, eventProbes: false, hist: false },
      },
    ],
    [
      '6.1',
      {
        hasReason: true,
        hasSocket: false,
        hashed: true,
        syntax: { tracepointProbes: false, eventProbes: true, hist: true },
      },
    ],
    [
      '6.12',
      {
        hasReason: true,
        hasSocket: true,
        hashed: false,
        syntax: { tracepointProbes: true, eventProbes: true, hist: true },
      },
    ],
    [
      '7.2',
      {
        hasReason: true,
        hasSocket: true,
        hashed: false,
        syntax: { tracepointProbes: true, eventProbes: true, hist: true },
      },
    ],
  ])('Linux %s', (kernel, expected) => {
    host = new DropHost(kernel);
    const { reasons, format: _, switchedOff, ...facts } = readDropEvent(host.path, host.path);
    expect(facts).toEqual(expected);
    expect(switchedOff).toBeNull();
    expect(reasons.number('NO_SOCKET') === null).toBe(kernel === '5.10');
  });

  it('a kernel without the event', () => {
    host = new FakeTracefs();
    const error = thrown(() => readDropEvent(host.path, host.path));
    expect(error).toMatchObject({ code: 'no-drop-event', name: 'UnavailableError' });
    expect(error.message).toBe('the event skb:kfree_skb cannot be read (ENOENT)');
  });

  it('an event that does not look like one', () => {
    host = new DropHost('6.12');
    host.put('events/skb/kfree_skb/format', 'name: kfree_skb\nnonsense\n');
    expect(thrown(() => readDropEvent(host.path, host.path)).code).toBe('no-drop-event');
  });
});

function thrown(run: () => unknown): UnavailableError {
  try {
    run();
  } catch (error) {
    if (error instanceof UnavailableError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the kernel’s tables', () => {
  const PLAIN = 'events/skb/kfree_skb/trigger';
  const PROBE = 'events/kwho_7/keys/trigger';
  const keys: DefinedProbe = {
    definition: { kind: 'e', name: 'keys', symbol: 'skb.kfree_skb', args: '' },
    event: 'kwho_7/keys',
    filter: null,
  };

  const OF_SOCKET = 'devp < 0xff00000000000000 && sk >= 0xff00000000000000';

  function count(options: Partial<CountOptions>) {
    host = new FakeTracefs();
    const instance = host.instance(7, [PLAIN, PROBE]);
    const tables = startCounting(instance, host.journal, {
      keys,
      hasReason: true,
      hasSocket: false,
      filter: { plain: null, probe: null },
      totalOnProbe: false,
      extra: null,
      ...options,
    });
    return {
      tables,
      plain: host.lines(`instances/kwho-7/${PLAIN}`),
      probe: host.lines(`instances/kwho-7/${PROBE}`),
    };
  }

  it('each with its place in the file that it is printed in', () => {
    expect(count({})).toEqual({
      tables: {
        total: { event: 'skb/kfree_skb', index: 0 },
        devices: { event: 'kwho_7/keys', index: 0 },
        names: { event: 'kwho_7/keys', index: 1 },
        sockets: [{ event: 'kwho_7/keys', index: 2 }],
        extra: null,
      },
      plain: ['hist:keys=location.sym-offset,reason,protocol:size=8192'],
      probe: [
        'hist:keys=loc.sym-offset,reason,devp.hex:size=8192',
        'hist:keys=devp.hex,dev,netns:size=8192',
        `hist:keys=loc.sym-offset,reason,sknet:size=8192 if ${OF_SOCKET}`,
      ],
    });
  });

  it('where the kernel names the receiving socket, packets without another are counted by it', () => {
    const { tables, probe } = count({ hasSocket: true });
    expect(tables.sockets.map(({ index }) => index)).toEqual([2, 3]);
    expect(probe[3]).toMatch(
      /^hist:keys=loc\.sym-offset,reason,rxnet:.*sk < 0xff0{14} && rxsk >= 0xff0{14}$/,
    );
  });

  it('never more than three keys', () => {
    for (const extra of ['comm', 'stack', null] as const) {
      for (const totalOnProbe of [true, false]) {
        const { plain, probe } = count({ extra, totalOnProbe });
        for (const line of [...plain, ...probe]) {
          expect(line.split('keys=')[1]!.split(':')[0]!.split(',').length).toBeLessThanOrEqual(3);
        }
        host.remove();
      }
    }
  });

  it('without a probe: the total alone', () => {
    const { tables, probe } = count({ keys: null, hasReason: false });
    expect(tables).toEqual({
      total: { event: 'skb/kfree_skb', index: 0 },
      devices: null,
      names: null,
      sockets: [],
      extra: null,
    });
    expect(probe).toEqual([]);
  });

  it('conditions in the words of each event', () => {
    const { plain, probe } = count({ filter: { plain: 'protocol == 2048', probe: 'proto == 8' } });
    expect(plain).toEqual([expect.stringMatching(/ if protocol == 2048$/)]);
    expect(probe).toEqual([
      expect.stringMatching(/ if proto == 8$/),
      expect.stringMatching(/ if proto == 8$/),
      expect.stringMatching(/ if \(proto == 8\) && \(devp < /),
    ]);
  });

  it('conditions that only the probe can hold: everything is counted there', () => {
    const filter = { plain: null, probe: 'dev == "s0"' };
    const { tables, plain, probe } = count({
      keys: { ...keys, filter: 'users == 1' },
      filter,
      totalOnProbe: true,
      extra: 'stack',
    });
    expect(plain).toEqual([]);
    const all = '(users == 1) && (dev == "s0")';
    expect(probe.map((line) => line.split(':size=8192 if ')[1])).toEqual([
      all,
      all,
      all,
      `(${all}) && (${OF_SOCKET})`,
      all,
    ]);
    expect(probe[0]).toContain('keys=loc.sym-offset,reason,proto:');
    expect(probe[4]).toContain('keys=stacktrace:');
    expect(tables).toMatchObject({
      total: { index: 0 },
      devices: { index: 1 },
      names: { index: 2 },
      extra: { index: 4 },
    });
  });

  it('of names of processes, and of paths', () => {
    expect(count({ extra: 'comm' })).toMatchObject({
      tables: { extra: { event: 'kwho_7/keys', index: 3 } },
      probe: [{}, {}, {}, 'hist:keys=comm:size=8192'],
    });
    host.remove();
    expect(count({ extra: 'stack', filter: { plain: 'reason == 3', probe: 'reason == 3' } })).toMatchObject({
      tables: { extra: { event: 'skb/kfree_skb', index: 1 } },
      plain: [{}, 'hist:keys=stacktrace:size=8192 if reason == 3'],
    });
  });
});

it('an event is filtered before it is switched on', () => {
  host = new FakeTracefs();
  const instance = host.instance(7, ['events/skb/kfree_skb/filter', 'events/skb/kfree_skb/enable']);
  enableDrops(instance, 'skb/kfree_skb', 'reason == 3');
  expect(host.read('instances/kwho-7/events/skb/kfree_skb/filter')).toBe('reason == 3\n');
  expect(host.read('instances/kwho-7/events/skb/kfree_skb/enable')).toBe('1\n');
  host.journal.undo();
  expect(host.read('instances/kwho-7/events/skb/kfree_skb/enable')).toBe('0\n');
});
