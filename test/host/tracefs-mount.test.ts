import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../src/errors.js';
import { locateTracefs, lockdownMode } from '../../src/host/tracefs-mount.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kwho mount-'));
  writeFileSync(join(root, 'filesystems'), 'nodev\tsysfs\nnodev\ttracefs\n\text4\n');
});
afterEach(() => rmSync(root, { recursive: true }));

/** As /proc/mounts has it, blanks and all. */
function mounts(...lines: [path: string, type: string][]): void {
  const text = lines.map(([path, type]) => `nodev ${escapeMount(path)} ${type} rw,nosuid,relatime 0 0\n`);
  writeFileSync(join(root, 'mounts'), `proc /proc proc rw 0 0\n${text.join('')}`);
}

function escapeMount(path: string): string {
  return path.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** A folder that can be used as tracefs. */
function tracefs(name: string): string {
  const path = join(root, name);
  mkdirSync(join(path, 'instances'), { recursive: true });
  mkdirSync(join(path, 'events'));
  return path;
}

describe('tracefs is', () => {
  it('where it is mounted', () => {
    const path = tracefs('tracing');
    mounts(['/sys', 'sysfs'], [path, 'tracefs']);
    expect(locateTracefs(root)).toBe(path);
  });

  it.each(['with blank', 'tab\there', 'back\\slash', 'a\\040b'])(
    'in a folder with an odd name: %j',
    (name) => {
      const path = tracefs(name);
      mounts([path, 'tracefs']);
      expect(locateTracefs(root)).toBe(path);
    },
  );

  it('rather its own mount than the one inside debugfs', () => {
    const debug = join(root, 'debug');
    tracefs('debug/tracing');
    const own = tracefs('tracing');
    mounts([debug, 'debugfs'], [own, 'tracefs']);
    expect(locateTracefs(root)).toBe(own);
  });

  it('else inside debugfs', () => {
    const path = tracefs('debug/tracing');
    mounts([join(root, 'debug'), 'debugfs']);
    expect(locateTracefs(root)).toBe(path);
  });
});

describe('there is none', () => {
  it('mounted: how to mount it', () => {
    mounts(['/sys', 'sysfs']);
    expect(errorOf(() => locateTracefs(root))).toMatchObject({
      code: 'tracefs-unmounted',
      hint: expect.stringContaining('mount -t tracefs nodev /sys/kernel/tracing'),
    });
  });

  it('a debugfs without tracing inside does not count', () => {
    mkdirSync(join(root, 'debug'));
    mounts([join(root, 'debug'), 'debugfs']);
    expect(errorOf(() => locateTracefs(root))).toMatchObject({ code: 'tracefs-unmounted' });
  });

  it('in this kernel', () => {
    writeFileSync(join(root, 'filesystems'), 'nodev\tsysfs\n\text4\n');
    mounts();
    const error = errorOf(() => locateTracefs(root));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'tracefs-missing' });
  });

  it('with instances', () => {
    const path = join(root, 'old');
    mkdirSync(path);
    mounts([path, 'tracefs']);
    const error = errorOf(() => locateTracefs(root));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({
      message: `${path}/instances cannot be used (ENOENT)`,
      cause: expect.objectContaining({ code: 'ENOENT' }),
    });
  });
});

describe('lockdown', () => {
  it.each<[string, string | null]>([
    ['[none] integrity confidentiality\n', 'none'],
    ['none [integrity] confidentiality\n', 'integrity'],
    ['none integrity [confidentiality]\n', 'confidentiality'],
    ['', null],
  ])('%j', (text, mode) => {
    const file = join(root, 'lockdown');
    writeFileSync(file, text);
    expect(lockdownMode(file)).toBe(mode);
  });

  it('a kernel that has no such file', () => {
    expect(lockdownMode(join(root, 'missing'))).toBeNull();
  });
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return null;
}
