import { expect, it } from 'vitest';
import type { LogAccessEvent } from '../../../src/model/events.js';
import { watchedFindings } from '../../../src/model/why/watched.js';

function access(parts: Partial<LogAccessEvent>): LogAccessEvent {
  return {
    type: 'log-access',
    time: 10,
    backend: 'function',
    cpu: 0,
    pid: 123,
    tid: 123,
    comm: 'dmesg',
    door: 'syslog',
    action: 'CLEAR',
    effect: 'clears',
    length: 0,
    result: 0,
    errno: null,
    via: '__x64_sys_syslog',
    process: null,
    ...parts,
  };
}

it('who cleared it, with command line and parents', () => {
  const process = {
    pid: 123,
    comm: 'dmesg',
    exe: null,
    cmdline: ['dmesg', '-C'],
    uid: 0,
    loginuid: null,
    parents: [{ pid: 7, comm: 'tidy', cmdline: null }],
    unit: null,
    container: null,
  };
  expect(watchedFindings([access({ process })])).toMatchObject([
    {
      cause: 'cleared-by',
      evidence: ['10.000000 s dmesg[123]: syslog(2) CLEAR = 0 (dmesg -C, started by tidy[7])'],
    },
  ]);
});

it('one reader that takes records is nothing, two are', () => {
  const take = { door: '/proc/kmsg', action: 'read', effect: 'steals', result: 100 } as const;
  expect(watchedFindings([access(take), access(take)])).toEqual([]);
  expect(watchedFindings([access(take), access({ ...take, pid: 9, comm: 'cat' })])).toMatchObject([
    { cause: 'stolen-by', finding: expect.stringContaining('dmesg[123], cat[9]') },
  ]);
});

it('a line that is too long, a buffer that is too small', () => {
  const found = watchedFindings([
    access({ door: '/dev/kmsg', action: 'write', effect: 'none', result: -22, errno: 'EINVAL' }),
    access({ action: 'READ_ALL', effect: 'reads', length: 4096, result: 4081 }),
    access({ action: 'READ_ALL', effect: 'reads', length: 65_536, result: 4081 }),
  ]);
  expect(found.map(({ cause }) => cause)).toEqual(['write-refused', 'small-buffer']);
  expect(found[1]?.evidence).toHaveLength(1);
});
