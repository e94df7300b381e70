import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../src/host/command.js';
import type { NetworkNamespace } from '../../src/host/netns.js';
import { interfaceNames } from '../../src/host/netns-interfaces.js';
import { enteringCommand, readInside, runInside, shellWord } from '../../src/host/netns-reach.js';
import { FakeNet } from './net-fake.js';
import { netFixture } from './net-fixture.js';

let net: FakeNet;
beforeEach(() => {
  net = new FakeNet();
});
afterEach(() => net.remove());

describe('a program inside', () => {
  it('of the own namespace is run as it is', async () => {
    net.answers['ip -j link'] = '[]';
    await runInside(net.world, net.own(), 'ip', ['-j', 'link']);
    expect(net.asked).toEqual([['ip', '-j', 'link']]);
  });

  it('of another one is sent in, and no name is an option', async () => {
    await runInside(net.world, net.named('--help'), 'ip', ['link']);
    expect(net.asked).toEqual([['nsenter', `--net=${net.world.run}/netns/--help`, '--', 'ip', 'link']]);
  });

  it('is not sent where a process lived that lives elsewhere by now', async () => {
    const netns = net.living(200, 77);
    expect((await runInside(net.world, netns, 'ip', [])).outcome).toBe('missing');
    expect(net.asked).toHaveLength(1);
    net.move(200, 78);
    expect(await runInside(net.world, netns, 'ip', [])).toEqual({
      outcome: 'failed',
      why: 'the namespace is gone',
    });
    expect(net.asked).toHaveLength(1);
  });

  it('that nsenter does not find is missing', async () => {
    const world = { ...net.world, command: runCommand };
    const netns: NetworkNamespace = { ...net.own(), own: false, pid: null, path: '/proc/self/ns/net' };
    const result = await runInside(world, netns, 'kwho-no-such-program', []);
    // Only root may enter; others are told so.
    if (process.getuid?.() === 0) expect(result).toEqual({ outcome: 'missing' });
    else expect(result).toMatchObject({ outcome: 'done' });
  });
});

describe('files', () => {
  it('of the own namespace', async () => {
    net.put('net/snmp', 'here');
    expect(await readInside(net.world, net.own(), ['net/snmp', 'net/none'])).toEqual(['here', null]);
  });

  it('through a process that lives there', async () => {
    const netns = net.living(200, 77);
    net.put('200/net/snmp', 'there');
    expect(await readInside(net.world, netns, ['net/snmp', 'net/none'])).toEqual(['there', null]);
    expect(net.asked).toEqual([]);
  });

  it('settings are what a process inside of it sees', async () => {
    const netns = net.living(200, 77);
    net.put('200/sys/net/x', 'of nobody');
    net.answerCat({ 'sys/net/x': '1\n', 'sys/net/y': '2\n' });
    expect(await readInside(net.world, netns, ['sys/net/x', 'sys/net/none', 'sys/net/y'])).toEqual([
      '1\n',
      null,
      '2\n',
    ]);
  });

  it('where nobody lives, by one cat, whatever stands in them', async () => {
    net.answerCat({ 'net/snmp': 'a\n\nb', 'net/dev': '-- x\n' });
    expect(await readInside(net.world, net.named('red'), ['net/snmp', 'net/dev'])).toEqual([
      'a\n\nb',
      '-- x\n',
    ]);
    expect(net.asked).toHaveLength(1);
  });

  it('cat that does not come back', async () => {
    expect(await readInside(net.world, net.named('red'), ['net/snmp'])).toEqual([null]);
  });
});

it.each([
  ['red', 'ip netns exec red '],
  ['a b', "ip netns exec 'a b' "],
  ["it's", "ip netns exec 'it'\\''s' "],
  ['--help', 'nsenter --net=RUN/netns/--help '],
])('for the user, into %s: %s', (name, command) => {
  expect(enteringCommand(net.world, net.named(name))).toBe(command.replace('RUN', net.world.run));
});

it('for the user, into a container', () => {
  expect(enteringCommand(net.world, net.living(200, 77))).toBe('nsenter -t 200 -n ');
  expect(enteringCommand(net.world, net.own())).toBe('');
});

it.each(['', 'a;b', '$(x)', '`x`', '-x', "'", 'a\nb', '*'])('%j is one word of a shell', async (text) => {
  const result = await runCommand('sh', ['-c', `printf %s ${shellWord(text)}`]);
  expect(result).toMatchObject({ outcome: 'done', stdout: text });
});

describe('names of interfaces', () => {
  let proc: string;
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'kwho-names-'));
    mkdirSync(join(proc, '200/net'), { recursive: true });
  });
  afterEach(() => rmSync(proc, { recursive: true }));

  it('from three lists of a process that lives there', () => {
    for (const file of ['igmp', 'dev_mcast', 'if_inet6'])
      writeFileSync(join(proc, '200/net', file), netFixture(file));
    const netns = { inum: 77, name: null, pid: 200, path: '', own: false };
    expect(interfaceNames({ proc }, netns)).toEqual(
      new Map([
        [1, 'lo'],
        [2, 'vs'],
      ]),
    );
    expect(interfaceNames({ proc }, { ...netns, pid: null })).toEqual(new Map());
    expect(interfaceNames({ proc }, { ...netns, pid: 201 })).toEqual(new Map());
  });

  it('this host', () => {
    const names = interfaceNames({ proc: '/proc' }, { inum: 1, name: null, pid: null, path: '', own: true });
    const devices = readFileSync('/proc/net/dev', 'latin1');
    for (const name of names.values()) expect(devices).toContain(`${name}:`);
  });
});
