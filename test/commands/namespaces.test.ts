import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Namespaces } from '../../src/commands/namespaces.js';

const HOST = 4026531840;
const RED = 4026532196;

let root: string;
let now: number;
let namespaces: Namespaces;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kwho-namespaces-'));
  for (const folder of ['run/netns', 'proc']) mkdirSync(join(root, folder), { recursive: true });
  live('self', HOST);
  live(1, HOST);
  now = 0;
  namespaces = new Namespaces({ proc: join(root, 'proc'), run: join(root, 'run') }, () => now);
});
afterEach(() => rmSync(root, { recursive: true }));

it('a container that got the number of one that ended is not called by its name', () => {
  live(200, RED, 'a');
  expect(namespaces.name(RED)).toBe(container('a'));
  end(200);
  live(300, RED, 'b');
  now += 1000;
  expect(namespaces.name(RED)).toBe(container('b'));
});

it('a name of ip netns that is gone is not told when another has the number', () => {
  const inum = pin('old');
  expect(namespaces.name(inum)).toBe('old');
  renameSync(join(root, 'run/netns/old'), join(root, 'run/netns/new'));
  now += 1000;
  expect(namespaces.name(inum)).toBe('new');
});

it('what ended keeps its name while nobody else has its number: its drops are told after its end', () => {
  live(200, RED, 'a');
  expect(namespaces.name(RED)).toBe(container('a'));
  end(200);
  now += 1000;
  expect(namespaces.name(RED)).toBe(container('a'));
});

/** @param id a hexadecimal digit: the container's name is made of it */
function live(pid: number | 'self', inum: number, id?: string): void {
  mkdirSync(join(root, `proc/${pid}/ns`), { recursive: true });
  symlinkSync(`net:[${inum}]`, join(root, `proc/${pid}/ns/net`));
  const group = id === undefined ? '0::/' : `0::/system.slice/docker-${id.repeat(64)}.scope`;
  writeFileSync(join(root, `proc/${pid}/cgroup`), `${group}\n`);
}

function end(pid: number): void {
  rmSync(join(root, `proc/${pid}`), { recursive: true });
}

function container(id: string): string {
  return `docker:${id.repeat(12)}`;
}

function pin(name: string): number {
  const path = join(root, 'run/netns', name);
  writeFileSync(path, '');
  return statSync(path).ino;
}
