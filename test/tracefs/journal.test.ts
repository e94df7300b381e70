import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KernelJournal } from '../../src/tracefs/journal.js';
import { kernelMedium } from '../../src/tracefs/medium.js';

let folder: string;
let journal: KernelJournal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kwho-journal-'));
  journal = new KernelJournal(kernelMedium);
});
afterEach(() => rmSync(folder, { recursive: true }));

it('takes changes back, last first', () => {
  // The outer folder can only go when the inner one has gone.
  for (const path of ['a', 'a/b', 'a/b/c'].map((name) => join(folder, name))) {
    journal.change({ kind: 'mkdir', path }, { kind: 'rmdir', path });
  }
  expect(existsSync(join(folder, 'a/b/c'))).toBe(true);
  expect(journal.undo()).toEqual([]);
  expect(existsSync(join(folder, 'a'))).toBe(false);
});

it('runs twice without doing anything twice', () => {
  const file = join(folder, 'enable');
  writeFileSync(file, '');
  const off = { kind: 'write', path: file, text: '0', append: true } as const;
  journal.change({ ...off, text: '1' }, off);
  journal.undo();
  expect(journal.undo()).toEqual([]);
  expect(readFileSync(file, 'latin1')).toBe('1\n0\n');
});

it('a change without an undo is made and kept', () => {
  const file = join(folder, 'trace_clock');
  writeFileSync(file, '');
  journal.change({ kind: 'write', path: file, text: 'mono', append: false });
  journal.undo();
  expect(readFileSync(file, 'latin1')).toBe('mono\n');
});

it('a change that fails has no undo: what stood there belongs to somebody else', () => {
  const path = join(folder, 'theirs');
  mkdirSync(path);
  expect(() => journal.change({ kind: 'mkdir', path }, { kind: 'rmdir', path })).toThrow(/EEXIST/);
  expect(journal.undo()).toEqual([]);
  expect(existsSync(path)).toBe(true);
});

it('what has gone by itself is no failure; anything else is, and the rest is undone', () => {
  const gone = join(folder, 'gone');
  const full = join(folder, 'full');
  const first = join(folder, 'first');
  for (const path of [first, full, gone]) journal.change({ kind: 'mkdir', path }, { kind: 'rmdir', path });
  rmSync(gone, { recursive: true });
  writeFileSync(join(full, 'file'), '');
  const failures = journal.undo();
  expect(failures).toEqual([
    { what: `rmdir ${full}`, error: expect.objectContaining({ code: 'ENOTEMPTY' }) },
  ]);
  expect(existsSync(first)).toBe(false);
});

it('lets go of what is held before the changes made earlier', () => {
  const order: string[] = [];
  journal.hold('first', () => order.push('first'));
  journal.hold('second', () => order.push('second'));
  journal.undo();
  expect(order).toEqual(['second', 'first']);
});

it('waits while the kernel says EBUSY', () => {
  let tries = 0;
  journal.hold('an enabled probe', () => {
    if (++tries < 4) throw systemError('EBUSY');
  });
  expect(journal.undo()).toEqual([]);
  expect(tries).toBe(4);
});

it('gives up on EBUSY after about a second, and on anything else at once', () => {
  let busy = 0;
  let refused = 0;
  journal.hold('busy for ever', () => {
    busy++;
    throw systemError('EBUSY');
  });
  journal.hold('refused', () => {
    refused++;
    throw systemError('EPERM');
  });
  const start = performance.now();
  expect(journal.undo().map(({ what }) => what)).toEqual(['refused', 'busy for ever']);
  expect(performance.now() - start).toBeGreaterThan(900);
  expect(busy).toBeGreaterThan(10);
  expect(refused).toBe(1);
});

it('a file that cannot be opened says so, and nothing is noted', () => {
  const path = join(folder, 'missing');
  const write = { kind: 'write', path, text: '1', append: false } as const;
  expect(() => journal.change(write, { ...write, text: '0' })).toThrow(/ENOENT/);
  // Never made by the attempt, either: tracefs has its files from the start.
  expect(existsSync(path)).toBe(false);
});

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
