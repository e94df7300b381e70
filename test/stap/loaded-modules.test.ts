import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunCommand } from '../../src/host/command.js';
import { orphanedModules, parseModules, removeModule } from '../../src/stap/loaded-modules.js';

/** As 7.2 prints them. */
const MODULES = [
  'kwho_log_236 344064 2 - Live 0xffffffffc0a00000 (OE)',
  'kwho_drops_207 155648 0 - Live 0xffffffffc0b00000 (OE)',
  'kwho_log_paths_99 155648 0 - Live 0xffffffffc0c00000 (OE)',
  'stap_1234_5 155648 0 - Live 0xffffffffc0d00000 (OE)',
  'kwho_drops 155648 0 - Live 0xffffffffc0e00000 (OE)',
  'overlay 217088 1 - Live 0xffffffffc0900000',
  '',
].join('\n');

let proc = '';
beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'kwho-proc-'));
  writeFileSync(join(proc, 'modules'), MODULES);
  mkdirSync(join(proc, '207'));
});
afterEach(() => rmSync(proc, { recursive: true }));

it('modules of kwho tell whose they are', () => {
  expect(parseModules(MODULES)).toEqual([
    { name: 'kwho_log_236', pid: 236, users: 2 },
    { name: 'kwho_drops_207', pid: 207, users: 0 },
    { name: 'kwho_log_paths_99', pid: 99, users: 0 },
    { name: 'kwho_drops', pid: null, users: 0 },
  ]);
});

it('an orphan is one that nobody uses and whose process is gone', () => {
  const orphans = () => orphanedModules(proc).map(({ name }) => name);
  expect(orphans()).toEqual(['kwho_log_paths_99', 'kwho_drops']);
  writeFileSync(join(proc, '207/cmdline'), ['staprun', '-b', '8', '/x/kwho_drops.ko', ''].join('\0'));
  expect(orphans()).toEqual(['kwho_log_paths_99']);
});

it('where staprun cannot remove one, rmmod may', async () => {
  const ran: string[] = [];
  const run: RunCommand = async (file, args) => {
    ran.push([file, ...args].join(' '));
    if (file === 'staprun') return { outcome: 'missing' };
    writeFileSync(join(proc, 'modules'), '');
    return { outcome: 'done', status: 0, stdout: '', stderr: '' };
  };
  expect(await removeModule('kwho_drops_207', run, proc)).toBeNull();
  expect(ran).toEqual(['staprun -d kwho_drops_207', 'rmmod kwho_drops_207']);
});

it('one that stays is said to, with why', async () => {
  const stderr = 'rmmod: ERROR: Module kwho_log_236 is in use\n';
  const run: RunCommand = async () => ({ outcome: 'done', status: 1, stdout: '', stderr });
  expect(await removeModule('kwho_log_236', run, proc)).toBe('rmmod: ERROR: Module kwho_log_236 is in use');
});
