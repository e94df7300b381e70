import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KmsgDevice } from '../../src/klog/kmsg-device.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kwho-kmsg-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(text: string): KmsgDevice {
  const path = join(folder, 'kmsg');
  writeFileSync(path, text, 'latin1');
  return new KmsgDevice(path);
}

it.each(['5.10', '6.1', '6.12', '7.2'])('a record of %s', (kernel) => {
  const sample = readFileSync(
    new URL(`../fixtures/${kernel}/A-devkmsg-records.sample.txt`, import.meta.url),
    'latin1',
  );
  const line = sample.split('\n').find((each) => /^\d+,\d+,\d+,/.test(each)) as string;
  const device = open(`${line}\n`);
  const read = device.read();
  device.close();
  expect(read).toMatchObject({ kind: 'record', record: { seq: Number(line.split(',')[1]) } });
});

it('bytes that are no record are handed on', () => {
  const device = open('no record\n');
  expect(device.read()).toMatchObject({ kind: 'malformed' });
  device.close();
});

// Containers have /dev/null, an empty file or a FIFO in the place of /dev/kmsg: read(2) gives 0 there, for ever.
it('nothing to read is the end', () => {
  const device = new KmsgDevice('/dev/null');
  expect(device.read()).toEqual({ kind: 'end' });
  device.close();
});

it('a device that cannot be opened is an error of the system call', () => {
  expect(() => new KmsgDevice(join(folder, 'missing'))).toThrow(/ENOENT/);
});
