import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inumOf, listNetworkNamespaces, NetnsFinder, type NetworkNamespace } from '../../src/host/netns.js';

const HOST = 4026531840;
const RED = 4026532196;
const BLUE = 4026532248;

let root: string;
let world: { proc: string; run: string };
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kwho-netns-'));
  world = { proc: join(root, 'proc'), run: join(root, 'run') };
  for (const folder of ['proc', 'run']) mkdirSync(join(root, folder));
  live('self', HOST);
  live(1, HOST);
});
afterEach(() => rmSync(root, { recursive: true }));

it('the own one first, then by number', () => {
  live(300, BLUE);
  live(200, RED);
  live(400, RED);
  expect(listNetworkNamespaces(world)).toEqual([
    { inum: HOST, name: null, pid: 1, path: join(world.proc, 'self/ns/net'), own: true },
    { inum: RED, name: null, pid: 200, path: join(world.proc, '200/ns/net'), own: false },
    { inum: BLUE, name: null, pid: 300, path: join(world.proc, '300/ns/net'), own: false },
  ]);
});

it('a container names its namespace; the host has no name, whoever lives in it', () => {
  const id = 'c0ffee00'.repeat(8);
  live(1, HOST, `0::/docker/${id}\n`);
  live(200, RED, `12:pids:/\n0::/system.slice/docker-${id}.scope\n`);
  live(300, BLUE, '0::/user.slice/user-0.slice/session-1.scope\n');
  expect(names()).toEqual({ [HOST]: null, [RED]: 'docker:c0ffee00c0ff', [BLUE]: null });
});

it('a name of ip netns comes before the container, and is a way in without any process', () => {
  const red = pin('netns/red');
  live(200, red, `0::/docker/${'c0ffee00'.repeat(8)}\n`);
  const empty = pin('netns/--help');
  expect(listNetworkNamespaces(world).filter(({ own }) => !own)).toEqual(
    expect.arrayContaining([
      { inum: red, name: 'red', pid: 200, path: join(world.run, 'netns/red'), own: false },
      { inum: empty, name: '--help', pid: null, path: join(world.run, 'netns/--help'), own: false },
    ]),
  );
});

it("docker's files are a way in, and their names say nothing", () => {
  const inum = pin('docker/netns/1a2b3c4d5e6f');
  expect(listNetworkNamespaces(world).find((each) => each.inum === inum)).toEqual({
    inum,
    name: null,
    pid: null,
    path: join(world.run, 'docker/netns/1a2b3c4d5e6f'),
    own: false,
  });
});

it('kwho inside of a named namespace', () => {
  const inum = pin('netns/red');
  live('self', inum);
  live(900, inum);
  expect(listNetworkNamespaces(world)[0]).toEqual({
    inum,
    name: 'red',
    pid: 900,
    path: join(world.proc, 'self/ns/net'),
    own: true,
  });
});

it('processes that do not let us look, and none at all', () => {
  mkdirSync(join(world.proc, '55/ns'), { recursive: true });
  writeFileSync(join(world.proc, '55/ns/net'), '');
  live(56, 'mnt:[12]');
  expect(names()).toEqual({ [HOST]: null });
  expect(listNetworkNamespaces({ proc: join(root, 'none'), run: join(root, 'none') })).toEqual([]);
});

describe('again and again', () => {
  it('finds what is new and forgets what is gone', () => {
    live(200, RED);
    const finder = new NetnsFinder(world);
    expect(inums(finder.look())).toEqual([HOST, RED]);
    live(300, BLUE);
    expect(inums(finder.look())).toEqual([HOST, RED, BLUE]);
    rmSync(join(world.proc, '200'), { recursive: true });
    expect(inums(finder.look())).toEqual([HOST, BLUE]);
  });

  it('notices at once when the process that stands for a namespace is now elsewhere', () => {
    live(200, RED);
    live(201, RED);
    const finder = new NetnsFinder(world);
    finder.look();
    live(200, BLUE);
    const found = finder.look();
    expect(found.find(({ inum }) => inum === RED)?.pid).toBe(201);
    expect(found.find(({ inum }) => inum === BLUE)?.pid).toBe(200);
  });

  it('looks at each process again sooner or later', () => {
    for (let pid = 1000; pid < 1500; pid++) live(pid, HOST);
    const finder = new NetnsFinder(world);
    finder.look();
    live(1499, RED);
    const looks = Array.from({ length: 4 }, () => inums(finder.look()));
    expect(looks.at(-1)).toEqual([HOST, RED]);
  });
});

it.each([
  ['net:[4026531840]', 4026531840],
  ['net:[]', null],
  ['mnt:[4026531840]', null],
  ['net:[12] (deleted)', null],
  ['net:[99999999999999999999]', null],
])('%j', (link, inum) => {
  expect(inumOf(link)).toBe(inum);
});

it('this host', () => {
  const found = listNetworkNamespaces({ proc: '/proc', run: '/run' });
  expect(found[0]).toMatchObject({ own: true, inum: statSync('/proc/self/ns/net').ino });
  expect(new Set(inums(found)).size).toBe(found.length);
});

function live(pid: number | 'self', netns: number | string, cgroup = '0::/\n'): void {
  const folder = join(world.proc, String(pid));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'ns'), { recursive: true });
  symlinkSync(typeof netns === 'string' ? netns : `net:[${netns}]`, join(folder, 'ns/net'));
  writeFileSync(join(folder, 'cgroup'), cgroup);
}

/** A file of its own inode number, as a mounted namespace has. */
function pin(path: string): number {
  const file = join(world.run, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, '');
  return statSync(file).ino;
}

function names(): Record<number, string | null> {
  return Object.fromEntries(listNetworkNamespaces(world).map(({ inum, name }) => [inum, name]));
}

function inums(found: readonly NetworkNamespace[]): number[] {
  return found.map(({ inum }) => inum);
}
