import { expect, it } from 'vitest';
import { type LogFilter, passes } from '../../src/model/log-filter.js';
import { accessEvent, identity } from './events.js';

const EVENT = accessEvent({
  pid: 100,
  tid: 101,
  comm: 'worker',
  process: identity({ pid: 100, comm: 'daemon' }),
});
const ANYTHING: LogFilter = { actions: [], doors: [], comms: [], pids: [] };

it.each<[string, Partial<LogFilter>, boolean]>([
  ['nothing asked', {}, true],
  ['the action', { actions: ['READ_CLEAR', 'CLEAR'] }, true],
  ['another action', { actions: ['READ'] }, false],
  ['the door', { doors: ['syslog'] }, true],
  ['another door', { doors: ['/dev/kmsg', '/proc/kmsg', 'kernel'] }, false],
  ["the thread's name", { comms: ['worker'] }, true],
  ["the process's name", { comms: ['daemon'] }, true],
  ['another name', { comms: ['daemo', 'Worker'] }, false],
  ['the process', { pids: [100] }, true],
  ['the thread', { pids: [101] }, true],
  ['another process', { pids: [1] }, false],
  ['one of several kinds fails', { actions: ['CLEAR'], pids: [1] }, false],
  ['several kinds pass', { actions: ['CLEAR'], pids: [100], comms: ['daemon'], doors: ['syslog'] }, true],
])('%s', (_, filter, expected) => {
  expect(passes({ ...ANYTHING, ...filter }, EVENT)).toBe(expected);
});

it('what is not known does not match', () => {
  const unknown = accessEvent({
    action: null,
    comm: null,
    pid: null,
    tid: 5,
    process: null,
  });
  expect(passes(ANYTHING, unknown)).toBe(true);
  expect(passes({ ...ANYTHING, actions: ['CLEAR'] }, unknown)).toBe(false);
  expect(passes({ ...ANYTHING, comms: ['worker'] }, unknown)).toBe(false);
  expect(passes({ ...ANYTHING, pids: [5] }, unknown)).toBe(true);
});
