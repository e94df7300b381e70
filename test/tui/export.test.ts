import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { eventSchema } from '../../src/output/event-schema.js';
import { dropRowsNdjson, dropRowsText, logRowsNdjson, logRowsText } from '../../src/tui/export.js';
import { ScreenModel } from '../../src/tui/screen-model.js';
import { ScreenSink } from '../../src/tui/stream-sink.js';
import { textTable } from '../../src/tui/text-table.js';
import { DROP_GROUPINGS, type DropGrouping } from '../../src/tui/view.js';
import { dropEvent } from '../model/drops.js';
import { accessEvent, identity } from '../model/events.js';
import { validate } from '../output/json-schema.js';
import { anyEvent } from './any-event.js';
import { countEvent, placed } from './counts.js';

const wall = (time: number) => new Date(2026, 2, 1, 12).getTime() + time * 1000;
const VIEW = { filter: null, invert: false } as const;

function modelOf(...events: Parameters<ScreenModel['event']>[0][]): ScreenModel {
  const model = new ScreenModel();
  const sink = new ScreenSink(model);
  for (const event of events) sink.event(event);
  sink.tick();
  sink.end();
  return model;
}

const logRows = (model: ScreenModel) => model.logRows({ ...VIEW, sort: 'time' });
const dropRows = (model: ScreenModel, by: DropGrouping = 'place') =>
  model.dropRows({ ...VIEW, sort: 'count', by });

function parsed(lines: string): Record<string, unknown>[] {
  return lines
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

it('the event of each row of the log', () => {
  const reads = accessEvent({ action: 'READ_ALL', effect: 'reads', time: 1 });
  const lines = parsed(logRowsNdjson(logRows(modelOf(reads, reads, accessEvent()))));
  expect(lines.map(({ type, action }) => [type, action])).toEqual([
    ['log-access', 'READ_ALL'],
    ['log-access', 'CLEAR'],
  ]);
});

it('a count of each row of drops, from the beginning until now', () => {
  const model = modelOf(countEvent(), countEvent({ from: 105, count: 3 }), dropEvent({ comm: 'x' }));
  const [line, ...others] = parsed(dropRowsNdjson(dropRows(model), 110));
  expect(others).toEqual([]);
  expect(line).toMatchObject({
    type: 'drop-count',
    from: 100,
    to: 110,
    time: 110,
    count: 13,
    backend: 'kwho',
  });
  expect(parsed(dropRowsNdjson(dropRows(model, 'comm'), 110))).toMatchObject([
    { backend: 'samples', key: { comm: 'x' }, count: 1 },
  ]);
});

it('is what kwho schema describes, whatever was told', () => {
  fc.assert(
    fc.property(fc.array(anyEvent), fc.nat(500), (events, clock) => {
      const model = modelOf(...events);
      const lines = [
        logRowsNdjson(logRows(model)),
        ...DROP_GROUPINGS.map((by) => dropRowsNdjson(dropRows(model, by), clock)),
      ];
      for (const line of lines.flatMap(parsed)) expect(validate(eventSchema, line)).toEqual([]);
    }),
  );
});

it('the log as text', () => {
  const model = modelOf(
    accessEvent({ time: 1, process: identity({ unit: 'x.service' }) }),
    accessEvent({
      time: 2,
      comm: '\xe6\xbc\xa2',
      pid: 7,
      tid: 7,
      door: '/dev/kmsg',
      action: 'read',
      effect: 'reads',
      result: 9,
    }),
  );
  expect(logRowsText(logRows(model), wall)).toBe(
    `
time                                  count  effect  process     unit or container  call
2026-03-01 12:00:01.000 (1.000000 s)      1  CLEARS  dmesg[100]  x.service          syslog(2) CLEAR = 0
2026-03-01 12:00:02.000 (2.000000 s)      1  reads   漢[7]       -                  /dev/kmsg read = 9
`.trimStart(),
  );
});

it('the drops as text', () => {
  const model = modelOf(
    countEvent({ from: 0, count: 1234 }),
    countEvent({ from: 0, key: placed({ dev: null, netns: 4026531840, netnsName: null }), verdict: 'noise' }),
  );
  expect(dropRowsText(dropRows(model), wall, 4026531840)).toBe(
    `
count      rate  kind     location              reason     interface  namespace  last
1,234  1234.0/s  SUSPECT  __udp4_lib_rcv+0x235  NO_SOCKET  s0         server     2026-03-01 12:00:01.000 (1.000000 s)
   10    10.0/s  noise    __udp4_lib_rcv+0x235  NO_SOCKET  -          host       2026-03-01 12:00:01.000 (1.000000 s)
`.trimStart(),
  );
  expect(dropRowsText(dropRows(model, 'reason'), wall, null).split('\n')[0]).toBe(
    'count      rate  kind     reason     last',
  );
});

it('tables stand straight, whatever stands in them', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', '漢字', 'e\u0301', ''), fc.nat())), (cells) => {
      const lines = textTable(
        ['a', '>n'],
        cells.map(([text, number]) => [text, String(number)]),
      ).split('\n');
      expect(lines.pop()).toBe('');
      expect(new Set(lines.map((line) => stringWidth(line))).size).toBe(1);
    }),
  );
});
