import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheRoot, ModuleCache } from '../../src/stap/module-cache.js';

const KEY = { script: 'probe begin {}', release: '6.1.0-56-amd64', version: '5.6' };
const uid = process.getuid?.() ?? 0;
let folder = '';
let cache: ModuleCache;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kwho-cache-'));
  cache = new ModuleCache(join(folder, 'stap'), uid);
});
afterEach(() => rmSync(folder, { recursive: true }));

function store(key = KEY): string {
  const place = cache.place('kwho_log', key);
  writeFileSync(place.building, 'module', { mode: 0o666 });
  return place.keep();
}

describe('the module cache', () => {
  it('has what was stored, for nobody else', () => {
    expect(cache.find('kwho_log', KEY)).toBeNull();
    const file = store();
    expect(file.endsWith('/kwho_log.ko')).toBe(true);
    expect(cache.find('kwho_log', KEY)).toBe(file);
    expect(readFileSync(file, 'utf8')).toBe('module');
    for (const path of [join(folder, 'stap'), dirname(file), file])
      expect(statSync(path).mode & 0o077).toBe(0);
  });

  it.each([
    ['script', { ...KEY, script: 'probe end {}' }],
    ['kernel', { ...KEY, release: '6.1.0-57-amd64' }],
    ['SystemTap', { ...KEY, version: '5.1' }],
    ['boundary between them', { ...KEY, release: '6.1.0-56-amd645', version: '.6' }],
  ])('another %s is another module', (_, other) => {
    store();
    expect(cache.find('kwho_log', other)).toBeNull();
  });

  it('loses what a build that was killed has left, and not what another one is building', () => {
    const other = cache.place('kwho_log', KEY);
    const abandoned = join(dirname(dirname(other.building)), 'building.4194305');
    mkdirSync(abandoned);
    writeFileSync(join(abandoned, 'half-done'), '');
    cache.place('kwho_log', KEY);
    expect(existsSync(abandoned)).toBe(false);
    expect(existsSync(dirname(other.building))).toBe(true);
  });

  it('has why the last build for a kernel came to nothing, until one comes to something', () => {
    expect(cache.lastFailure('log', '6.1.0-56-amd64')).toBeNull();
    cache.place('kwho_log', KEY).discard();
    cache.noteFailure('log', '6.1.0-56-amd64', 'stap is too old');
    expect(cache.lastFailure('log', '6.1.0-56-amd64')).toBe('stap is too old');
    expect(cache.lastFailure('log', '6.1.0-57-amd64')).toBeNull();
    expect(cache.lastFailure('drops', '6.1.0-56-amd64')).toBeNull();
    cache.noteFailure('log', '6.1.0-56-amd64', null);
    expect(cache.lastFailure('log', '6.1.0-56-amd64')).toBeNull();
  });

  it('a reason that somebody else may have written is none', () => {
    cache.place('kwho_log', KEY).discard();
    cache.noteFailure('log', '6.1', 'stap is too old');
    chmodSync(join(folder, 'stap/failed-log-6.1'), 0o666);
    expect(cache.lastFailure('log', '6.1')).toBeNull();
  });

  it('a build that came to nothing leaves nothing', () => {
    const place = cache.place('kwho_log', KEY);
    writeFileSync(place.building, 'half');
    place.discard();
    expect(existsSync(place.building)).toBe(false);
    expect(cache.find('kwho_log', KEY)).toBeNull();
  });

  it.each([
    ['a file that others may write to', (file: string) => chmodSync(file, 0o622)],
    ['a folder that others may write to', (file: string) => chmodSync(dirname(file), 0o770)],
    ['the folder above', (file: string) => chmodSync(dirname(dirname(file)), 0o777)],
    [
      'a link to elsewhere',
      (file: string) => {
        rmSync(file);
        symlinkSync('/etc/hostname', file);
      },
    ],
  ])('%s is not trusted', (_, spoil) => {
    const file = store();
    spoil(file);
    expect(cache.find('kwho_log', KEY)).toBeNull();
  });

  it('what belongs to somebody else is neither used nor written to', () => {
    store();
    const other = new ModuleCache(join(folder, 'stap'), uid + 1);
    expect(other.find('kwho_log', KEY)).toBeNull();
    expect(() => other.place('kwho_log', KEY)).toThrow(/belongs to somebody else/);
    mkdirSync(join(folder, 'open'));
    chmodSync(join(folder, 'open'), 0o777);
    expect(() => new ModuleCache(join(folder, 'open'), uid).place('kwho_log', KEY)).toThrow(
      /others may write/,
    );
  });
});

it('root has its own, whatever the environment says', () => {
  expect(cacheRoot(0, { XDG_CACHE_HOME: '/home/user/.cache', HOME: '/home/user' })).toBe(
    '/var/cache/kwho/stap',
  );
  expect(cacheRoot(1000, { XDG_CACHE_HOME: '/x', HOME: '/home/user' })).toBe('/x/kwho/stap');
  expect(cacheRoot(1000, { XDG_CACHE_HOME: 'relative', HOME: '/home/user' })).toBe(
    '/home/user/.cache/kwho/stap',
  );
});
