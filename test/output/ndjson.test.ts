import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KwhoEvent } from '../../src/model/events.js';
import { eventSchema } from '../../src/output/event-schema.js';
import { NdjsonSink, toJsonLine } from '../../src/output/ndjson.js';
import { dropEvent } from '../model/drops.js';
import { accessEvent, identity } from '../model/events.js';
import { CollectingChannel } from './collecting-channel.js';
import { validate } from './json-schema.js';

const EVENTS: [string, KwhoEvent][] = [
  ['an access', accessEvent()],
  [
    'an access of which little is known',
    accessEvent({
      pid: null,
      comm: null,
      action: null,
      effect: null,
      length: null,
      result: null,
      via: null,
      process: null,
    }),
  ],
  [
    'an access with everything',
    accessEvent({
      errno: 'EPERM',
      result: -1,
      stack: ['do_syslog+0x1', '__x64_sys_syslog'],
      process: identity({
        cmdlineCut: true,
        loginuid: 1000,
        unit: 'x.service',
        container: 'docker:0123456789ab',
        parents: [
          { pid: 1, comm: null, cmdline: null },
          { pid: 2, comm: 'x', cmdline: ['x', ''] },
        ],
      }),
    }),
  ],
  ...(['syslog', '/proc/kmsg', '/dev/kmsg', 'kernel'] as const).map((door): [string, KwhoEvent] => [
    `door ${door}`,
    accessEvent({ door }),
  ]),
  ...(['clears', 'steals', 'reads', 'configures', 'writes', 'none'] as const).map(
    (effect): [string, KwhoEvent] => [`effect ${effect}`, accessEvent({ effect })],
  ),
  [
    'a kernel message',
    {
      type: 'kernel-message',
      time: 0.5,
      backend: '/dev/kmsg',
      seq: 3,
      level: 6,
      facility: 0,
      flags: '-',
      caller: 'T1',
      text: 'x',
      fields: { SUBSYSTEM: 'pci' },
    },
  ],
  ['a drop', dropEvent()],
  ['a drop with its path', dropEvent({ stack: ['__udp4_lib_rcv+0x235', 'ip_rcv+0x1'] })],
  [
    'a drop of which little is known',
    dropEvent({
      pid: null,
      comm: null,
      location: { symbol: null, offset: null, module: null, address: null },
      reason: null,
      protocol: null,
      dev: null,
      ifindex: null,
      netns: null,
      netnsName: null,
      length: null,
      flow: null,
    }),
  ],
  [
    'a count of drops',
    {
      type: 'drop-count',
      time: 5,
      backend: 'hist',
      from: 0,
      to: 5,
      key: { reason: 'NO_SOCKET', flow: dropEvent().flow, comm: 'x', stack: [] },
      count: 3,
      verdict: 'suspect',
    },
  ],
  [
    'a loss',
    { type: 'lost', time: null, backend: 'probe', where: 'ring', count: null, cpu: null, what: 'records' },
  ],
  [
    'a counted loss',
    { type: 'lost', time: 3, backend: 'probe', where: 'identity', count: 3, cpu: 1, what: 'records' },
  ],
  [
    'a notice',
    { type: 'notice', time: null, backend: 'kwho', level: 'info', code: 'x', text: 'y', hint: null },
  ],
  [
    'a notice with details',
    {
      type: 'notice',
      time: 1,
      backend: 'kwho',
      level: 'error',
      code: 'x',
      text: 'y',
      hint: 'z',
      details: { pid: 1, process: identity() },
    },
  ],
  [
    'a summary',
    {
      type: 'summary',
      time: null,
      backend: 'kwho',
      seen: 1,
      effects: { clears: 1 },
      lost: 0,
      complete: true,
      backends: ['probe'],
      blindSpots: ['x'],
    },
  ],
];

describe('every event is as the schema says', () => {
  it.each(EVENTS)('%s', (_, event) => {
    const line = toJsonLine(event);
    expect(line.endsWith('}\n')).toBe(true);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(validate(eventSchema, JSON.parse(line))).toEqual([]);
  });

  it('and each kind of event is in the schema', () => {
    const types = new Set(EVENTS.map(([, { type }]) => type));
    expect(
      eventSchema.oneOf.map(({ properties }) => (properties.type as { const: string }).const).sort(),
    ).toEqual([...types].sort());
  });
});

describe('the schema refuses', () => {
  const parsed = (event: KwhoEvent) => JSON.parse(toJsonLine(event)) as Record<string, unknown>;

  it.each<[string, (event: Record<string, unknown>) => void]>([
    [
      'another version',
      (event) => {
        event.v = 2;
      },
    ],
    [
      'no version',
      (event) => {
        delete event.v;
      },
    ],
    [
      'an event that is not known',
      (event) => {
        event.type = 'thing';
      },
    ],
    [
      'a door that is not known',
      (event) => {
        event.door = 'window';
      },
    ],
    [
      'a field that is missing',
      (event) => {
        delete event.result;
      },
    ],
    [
      'text for a number',
      (event) => {
        event.tid = '5';
      },
    ],
    [
      'a number with a fraction',
      (event) => {
        event.cpu = 0.5;
      },
    ],
    [
      'a process without a pid',
      (event) => {
        event.process = {};
      },
    ],
  ])('%s', (_, spoil) => {
    const event = parsed(accessEvent());
    expect(validate(eventSchema, event)).toEqual([]);
    spoil(event);
    expect(validate(eventSchema, event)).not.toEqual([]);
  });

  it('nothing for a field that it does not know: there may be more under the same version', () => {
    expect(validate(eventSchema, { ...parsed(accessEvent()), more: 1 })).toEqual([]);
  });
});

describe('values', () => {
  it('time has microseconds', () => {
    expect(toJsonLine(accessEvent({ time: 12.5 }))).toContain('"time":12.500000,');
    expect(toJsonLine(accessEvent({ time: 1e6 + 1e-6 }))).toContain('"time":1000000.000001,');
    expect(toJsonLine(accessEvent({ time: null }))).toContain('"time":null,');
  });

  it.each<[string, string]>([
    ['caf\xc3\xa9', 'café'],
    ['caf\xe9', 'caf\\xe9'],
    ['\x1b[0m\n\0', '\x1b[0m\n\0'],
    ['\\xe9', '\\x5cxe9'],
    ['"\\', '"\\'],
  ])('text %j reads as %j', (bytes, expected) => {
    const event = JSON.parse(
      toJsonLine(accessEvent({ comm: bytes, process: identity({ cmdline: [bytes] }) })),
    );
    expect(event.comm).toBe(expected);
    expect(event.process.cmdline).toEqual([expected]);
  });

  it('any bytes anywhere: one line, valid, as the schema says', () => {
    const bytes = fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array).toString('latin1'));
    fc.assert(
      fc.property(bytes, bytes, fc.array(bytes), (comm, text, cmdline) => {
        const access = toJsonLine(
          accessEvent({ comm, process: identity({ comm, exe: text, cmdline, unit: text }) }),
        );
        const message = toJsonLine({
          type: 'kernel-message',
          time: 1,
          backend: 'x',
          seq: 1,
          level: 1,
          facility: 0,
          flags: '-',
          caller: null,
          text,
          fields: { A: comm },
        });
        for (const line of [access, message]) {
          expect(line.indexOf('\n')).toBe(line.length - 1);
          expect(Buffer.from(line).toString()).toBe(line);
          expect(validate(eventSchema, JSON.parse(line))).toEqual([]);
        }
      }),
    );
  });

  it.each([
    ['\x7f', '"\\u007f"'],
    ['\xc2\x9b31m', '"\\u009b31m"'],
    ['\xe2\x80\xae', '"\\u202e"'],
    ['\xf3\xa0\x80\x81', '"\\udb40\\udc01"'],
    ['\xc3\xa9\xe6\x97\xa5', '"é日"'],
  ])('%j, which a terminal may obey or hide, is %s', (bytes, json) => {
    const line = toJsonLine(accessEvent({ comm: bytes }));
    expect(line).toContain(`"comm":${json}`);
    expect(JSON.parse(line).comm).toBe(Buffer.from(bytes, 'latin1').toString());
  });

  it('names of fields are bytes, too', () => {
    const line = toJsonLine({
      type: 'kernel-message',
      time: 1,
      backend: 'x',
      seq: 1,
      level: 1,
      facility: 0,
      flags: '-',
      caller: null,
      text: '',
      fields: { 'K\xe9': 'v' },
    });
    expect(Object.keys(JSON.parse(line).fields)).toEqual(['K\\xe9']);
  });
});

it('one event a line', () => {
  const channel = new CollectingChannel();
  const sink = new NdjsonSink(channel);
  for (const [, event] of EVENTS) sink.event(event);
  sink.tick();
  sink.end();
  expect(
    channel.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type),
  ).toEqual(EVENTS.map(([, { type }]) => type));
});
