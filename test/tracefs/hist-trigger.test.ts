import { afterEach, beforeEach, expect, it } from 'vitest';
import { readHist, startHist } from '../../src/tracefs/hist-trigger.js';
import { FakeTracefs } from './fake-tracefs.js';

let tracefs: FakeTracefs;
beforeEach(() => {
  tracefs = new FakeTracefs();
});
afterEach(() => tracefs.remove());

const TRIGGER = 'events/skb/kfree_skb/trigger';
const HIST = 'events/skb/kfree_skb/hist';
const definition = {
  event: 'skb/kfree_skb',
  keys: ['location.sym-offset', 'reason'],
  size: 8192,
  filter: null,
};

it('is appended, and taken back in the same words', () => {
  const instance = tracefs.instance(7, [TRIGGER, HIST]);
  startHist(instance, tracefs.journal, definition);
  startHist(instance, tracefs.journal, { ...definition, keys: ['stacktrace'], filter: 'reason == 3' });
  const first = 'hist:keys=location.sym-offset,reason:size=8192';
  const second = 'hist:keys=stacktrace:size=8192 if reason == 3';
  expect(tracefs.lines(`instances/kwho-7/${TRIGGER}`)).toEqual([first, second]);
  tracefs.journal.undo();
  expect(tracefs.lines(`instances/kwho-7/${TRIGGER}`)).toEqual([first, second, `!${second}`, `!${first}`]);
});

it('a table that the kernel refuses is not taken back', () => {
  const instance = tracefs.instance(7);
  expect(() => startHist(instance, tracefs.journal, definition)).toThrow(/ENOENT/);
  tracefs.put(`instances/kwho-7/${TRIGGER}`);
  tracefs.journal.undo();
  expect(tracefs.lines(`instances/kwho-7/${TRIGGER}`)).toEqual([]);
});

it('is read from the instance, byte for byte', () => {
  const instance = tracefs.instance(7, [HIST]);
  tracefs.put('events/skb/kfree_skb/hist', 'of somebody else');
  tracefs.put(`instances/kwho-7/${HIST}`, '# event histogram\n\xff');
  expect(readHist(instance, 'skb/kfree_skb')).toBe('# event histogram\n\xc3\xbf');
});
