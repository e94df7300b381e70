import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { chooseDoor, tryDevice } from '../../src/klog/choose-door.js';

const folder = mkdtempSync(join(tmpdir(), 'kwho-door-'));
afterAll(() => rmSync(folder, { recursive: true }));

function device(bytes: string | null): string {
  const path = join(folder, String(bytes?.length));
  if (bytes !== null) writeFileSync(path, bytes);
  return path;
}

it('/dev/kmsg where it gives a record, whatever syslog(2) does', () => {
  const trial = tryDevice(device('6,41,1234567,-;a record\n'));
  expect(trial).toEqual({ works: true, oldest: 41 });
  expect(chooseDoor(trial, () => true)).toBe('/dev/kmsg');
});

it.each([
  ['not there', null, /ENOENT/],
  ['a stand-in that is empty, as /dev/null is', '', /gives no record \(end\)/],
  ['a stand-in with something else in it', 'hello\n', /gives no record \(malformed\)/],
])('%s: syslog(2) where that answers, else none', (_, bytes, fault) => {
  const trial = tryDevice(device(bytes));
  expect(trial).toMatchObject({ works: false, fault: { message: expect.stringMatching(fault) } });
  expect(chooseDoor(trial, () => true)).toBe('syslog');
  expect(chooseDoor(trial, () => false)).toBeNull();
});
