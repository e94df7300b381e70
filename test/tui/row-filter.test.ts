import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRowFilter } from '../../src/tui/row-filter.js';
import { dropRowWords, logRowWords, ROW_FIELDS, type RowWords } from '../../src/tui/row-words.js';
import type { DropRow, LogRow } from '../../src/tui/shown.js';
import { accessEvent, identity } from '../model/events.js';
import { countEvent, placed } from './counts.js';

const ROW: RowWords = logRow({
  comm: 'sys tem\x1b',
  pid: 1234,
  tid: 1234,
  door: '/proc/kmsg',
  action: 'read',
  effect: 'steals',
  process: identity({ unit: 'Rsyslog.service', container: 'docker:0123' }),
});

function logRow(event: Parameters<typeof accessEvent>[0]): RowWords {
  const row: LogRow = { id: 1, time: 1, last: 1, count: 1, loud: false, event: accessEvent(event) };
  return logRowWords(row);
}

function dropRow(key: DropRow['key']): RowWords {
  const { verdict, count } = countEvent();
  const row = { id: '', key, count, rate: 0, recent: [], verdict, first: 0, last: 0, exact: true };
  return dropRowWords(row, 4026531840);
}

function passes(text: string, row = ROW): boolean | string {
  const filter = parseRowFilter(text);
  return 'problem' in filter ? filter.problem : filter.matches(row);
}

it('rows in words', () => {
  expect(ROW).toEqual({
    all: 'sys tem\\x1b[1234] Rsyslog.service docker:0123 /proc/kmsg read steals',
    fields: {
      comm: 'sys tem\\x1b',
      pid: '1234',
      door: '/proc/kmsg',
      action: 'read',
      effect: 'steals',
      unit: 'Rsyslog.service docker:0123',
    },
  });
  expect(dropRow(placed({ netnsName: null, netns: 4026531840 }))).toEqual({
    all: '__udp4_lib_rcv+0x235 NO_SOCKET s0 host suspect',
    fields: {
      location: '__udp4_lib_rcv+0x235',
      reason: 'NO_SOCKET',
      dev: 's0',
      netns: 'host',
      kind: 'suspect',
    },
  });
  expect(dropRow({ flow: null, comm: 'x' }).fields).toEqual({ flow: 'a packet', comm: 'x', kind: 'suspect' });
});

describe('passes', () => {
  it.each([
    '',
    '  ',
    'rsyslog',
    'RSYS steals',
    '/proc/kmsg',
    'door=/proc/kmsg',
    'door=kmsg',
    '!/dev/kmsg',
    'unit=rsyslog !action=write',
    'UNIT=docker',
    'pid=1234',
    '!pid=123',
    '!nothing !!x',
    '/r.ys+log/',
    '/sys tem/',
    'comm=/^sys .*x1b$/',
    '!/^x/',
    '"sys tem" steals',
    'comm="sys tem',
    '! nothing',
    '! rsyslog nothing',
    '/\\/proc\\/kmsg/',
    // What is not finished hides nothing.
    '!',
    'dev=',
    '! ',
    '"',
    'rsyslog !',
  ])('%j', (text) => expect(passes(text)).toBe(true));
});

describe('does not pass', () => {
  it.each([
    'nothing',
    'rsyslog nothing',
    '!rsyslog',
    'rsyslog !steals',
    'pid=123',
    'dev=s0',
    '/^x/',
    '!/rsys/',
    '! rsyslog',
    '! rsyslog steals',
    'comm=tem\\x1b[1234]',
    '"tem sys"',
    '/dev/kmsg /proc/kmsg',
  ])('%j', (text) => expect(passes(text)).toBe(false));
});

it.each([
  ['foo=bar', 'foo is no column: comm, pid, '],
  ['!x=/a/', 'x is no column'],
  ['/(/', 'a group is not closed'],
  ['comm=/[a/', 'a [ is not closed'],
  ['x'.repeat(201), 'a filter has 200 characters at most'],
])('%j has a problem', (text, problem) => {
  expect(passes(text)).toContain(problem);
});

it.each(ROW_FIELDS)('%s can be asked for', (field) => {
  expect(passes(`${field}=surely-not`)).toBe(false);
});

it('long rows are looked at as far as they are shown', () => {
  const long = logRow({ comm: `${'a'.repeat(600)}needle` });
  expect(passes('/needle/', long)).toBe(false);
  expect(passes('needle', long)).toBe(false);
  expect(passes('/a{100}/', long)).toBe(true);
});

it('takes anything that is typed', () => {
  const piece = fc.constantFrom(
    '!',
    '/',
    '"',
    '=',
    ' ',
    '\\',
    '(',
    ')',
    '[',
    '*',
    'comm',
    'dev',
    'a',
    '漢',
    '{9}',
    '|',
  );
  const typed = fc.oneof(
    fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 40 }),
    fc.array(piece).map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(typed, (text) => {
      const filter = parseRowFilter(text);
      if ('problem' in filter) expect(filter.problem).toMatch(/\S/);
      else {
        expect(filter.text).toBe(text);
        expect(filter.matches(ROW)).toBe(filter.matches(ROW));
      }
    }),
  );
});

it('a word is found in what it was taken from, inverted it is not', () => {
  const inRow = fc
    .nat(ROW.all.length - 1)
    .chain((from) => fc.integer({ min: from + 1, max: ROW.all.length }).map((to) => ROW.all.slice(from, to)));
  fc.assert(
    fc.property(inRow, (part) => {
      fc.pre(!part.includes('!') && part.trim() !== '');
      expect(passes(`"${part}"`)).toBe(true);
      expect(passes(`!"${part}"`)).toBe(false);
      expect(passes(`! "${part}"`)).toBe(false);
    }),
  );
});
