import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KernelMedium, type KernelWrite, kernelMedium, ShellMedium } from '../../src/tracefs/medium.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kwho-medium-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Texts as kwho writes them, and such as it must not stumble over. */
const TEXTS = [
  '1',
  'mono',
  'do_syslog.part.0',
  'id == 103',
  'p:kwho_1/in_do_syslog do_syslog type=$arg1:s32 len=$arg3:s32 source=$arg4:s32 comm=$comm',
  'p:kwho_1/exec0_x64_ __x64_sys_execve f=+u0(+112(%di)):ustring a0=+u0(+u0(+104(%di))):ustring',
  '-:kwho_1/in_do_syslog',
  'quotes \' and " and `id` and $(id)',
  '!stacktrace if a > 1 && b || c; # no comment',
  'a*b ?c [d] ~ {e,f} \t end',
];

describe('the lines of a dry run, run by sh, leave what the kernel writes leave', () => {
  it.each(TEXTS)('%s', (text) => {
    const writes = (root: string): KernelWrite[] => [
      { kind: 'mkdir', path: join(root, 'instances') },
      { kind: 'mkdir', path: join(root, 'instances/kwho 1') },
      { kind: 'write', path: join(root, 'events'), text, append: true },
      { kind: 'write', path: join(root, 'events'), text: 'second', append: true },
      { kind: 'write', path: join(root, 'enable'), text, append: false },
      { kind: 'rmdir', path: join(root, 'instances/kwho 1') },
    ];
    const [ours, shells] = ['ours', 'shells'].map((name) => prepare(name));
    apply(kernelMedium, writes(ours));
    const lines: string[] = [];
    apply(new ShellMedium((line) => lines.push(line)), writes(shells));
    execFileSync('sh', ['-e', '-c', lines.join('\n')]);
    expect(contents(shells)).toEqual(contents(ours));
    expect(contents(ours).enable).toBe(`${text}\n`);
  });
});

it('a dry run changes nothing', () => {
  const root = prepare('dry');
  const before = contents(root);
  const medium = new ShellMedium(() => {});
  medium.apply({ kind: 'mkdir', path: join(root, 'new') });
  medium.apply({ kind: 'write', path: join(root, 'enable'), text: '1', append: false });
  expect(contents(root)).toEqual(before);
});

it('never empties a control file: others may have lines in it', () => {
  const file = join(prepare('shared'), 'events');
  writeFileSync(file, 'p:theirs/probe vfs_read\n');
  kernelMedium.apply({ kind: 'write', path: file, text: 'p:kwho_1/x do_syslog', append: true });
  expect(readFileSync(file, 'latin1')).toBe('p:theirs/probe vfs_read\np:kwho_1/x do_syslog\n');
});

it('makes no file that is not there', () => {
  const path = join(folder, 'missing');
  for (const append of [true, false]) {
    expect(() => kernelMedium.apply({ kind: 'write', path, text: '1', append })).toThrow(/ENOENT/);
  }
});

it('a text with a NUL cannot be a shell line', () => {
  const medium = new ShellMedium(() => {});
  expect(() => medium.apply({ kind: 'write', path: '/x', text: 'nul\0', append: false })).toThrow(TypeError);
});

function prepare(name: string): string {
  const root = join(folder, name);
  mkdirSync(root);
  for (const file of ['events', 'enable']) writeFileSync(join(root, file), '');
  return root;
}

function apply(medium: KernelMedium, writes: readonly KernelWrite[]): void {
  for (const write of writes) medium.apply(write);
}

function contents(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    names.map((entry) => [
      entry.name,
      entry.isFile() ? readFileSync(join(entry.parentPath, entry.name), 'latin1') : 'folder',
    ]),
  );
}
