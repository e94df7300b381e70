import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UnavailableError } from '../../src/errors.js';
import { groupName, instanceName, ownerOfName } from '../../src/tracefs/instance.js';
import { FakeTracefs } from './fake-tracefs.js';

let tracefs: FakeTracefs;
beforeEach(() => {
  tracefs = new FakeTracefs();
});
afterEach(() => tracefs.remove());

it('names lead back to the process', () => {
  expect(instanceName(123)).toBe('kwho-123');
  expect(groupName(123)).toBe('kwho_123');
  expect(ownerOfName(instanceName(123))).toBe(123);
  expect(ownerOfName(groupName(123))).toBe(123);
});

it.each(['kwho', 'kwho-', 'kwho-12x', 'kwho-1 ', 'xkwho-1', 'kwho.1', 'kwho-1-2', 'bpftrace', ''])(
  '%j is not ours',
  (name) => {
    expect(ownerOfName(name)).toBeNull();
  },
);

it('is made, and gone when the journal is undone', () => {
  const instance = tracefs.instance(5);
  expect(instance.path).toBe(join(tracefs.path, 'instances/kwho-5'));
  expect(tracefs.has('instances/kwho-5')).toBe(true);
  expect(tracefs.journal.undo()).toEqual([]);
  expect(tracefs.has('instances/kwho-5')).toBe(false);
});

it('that exists belongs to somebody else, and stays', () => {
  mkdirSync(join(tracefs.path, 'instances/kwho-5'));
  const error = catchError(() => tracefs.instance(5));
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({
    message: expect.stringContaining('(EEXIST)'),
    hint: expect.stringContaining('rmdir'),
    cause: expect.objectContaining({ code: 'EEXIST' }),
  });
  tracefs.journal.undo();
  expect(tracefs.has('instances/kwho-5')).toBe(true);
});

it('an event is switched on, and off again', () => {
  const instance = tracefs.instance(5, [
    'events/task/task_newtask/enable',
    'trace_clock',
    'filter',
    'set_event_pid',
  ]);
  const file = 'instances/kwho-5/events/task/task_newtask/enable';
  instance.enable('task/task_newtask');
  instance.set('trace_clock', 'mono');
  instance.set('set_event_pid', '7', '0');
  instance.append('filter', 'a');
  instance.append('filter', 'b');
  expect(tracefs.read(file)).toBe('1\n');
  expect(instance.read('filter')).toBe('a\nb\n');
  tracefs.journal.undo();
  expect(tracefs.read(file)).toBe('0\n');
  expect(tracefs.read('instances/kwho-5/set_event_pid')).toBe('0\n');
  // Without an undo of its own it goes with the instance.
  expect(instance.read('trace_clock')).toBe('mono\n');
});

it('an event that does not exist is an error of the system call', () => {
  const instance = tracefs.instance(5);
  expect(() => instance.enable('no/such')).toThrow(/ENOENT/);
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return null;
}
