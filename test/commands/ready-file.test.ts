import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ReadyFile } from '../../src/commands/ready-file.js';
import { KwhoError } from '../../src/errors.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kwho-ready-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('is there only once it is announced, whatever an earlier run left', () => {
  const path = join(folder, 'ready');
  writeFileSync(path, 'old');
  const file = new ReadyFile(path);
  expect(existsSync(path)).toBe(false);
  file.announce();
  expect(readFileSync(path, 'latin1')).toBe(`${process.pid}\n`);
});

it('that cannot be made is said before anything is done', () => {
  const path = join(folder, 'missing/ready');
  expect(() => new ReadyFile(path)).toThrow(KwhoError);
  expect(() => new ReadyFile(path)).toThrow(`--ready-file ${path} cannot be created (ENOENT)`);
});

it('none was asked for', () => {
  new ReadyFile(null).announce();
});
