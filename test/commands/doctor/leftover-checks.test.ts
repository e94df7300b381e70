import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLeftovers, removeTrial, repair } from '../../../src/commands/doctor/leftover-checks.js';
import { done, FakeCheckedHost, told } from './checked-host.js';

let host: FakeCheckedHost;
beforeEach(() => {
  host = new FakeCheckedHost();
  const tracefs = join(host.path, 'tracing');
  mkdirSync(join(tracefs, 'instances'), { recursive: true });
  host.put('tracing/dynamic_events', '');
  host.put('proc/mounts', `tracefs ${tracefs} tracefs rw 0 0\n`);
  host.put('proc/stat', 'btime 1000\n');
  host.put('proc/modules', 'nf_tables 1 0 - Live 0x0\n');
});
afterEach(() => host.remove());

const leave = () => {
  mkdirSync(join(host.path, 'tracing/instances/kwho-77'));
  host.put('tracing/dynamic_events', 'p:kwho_77/in_x do_syslog\np:other/x do_syslog\n');
};

describe('what dead runs left in tracefs', () => {
  it('nothing', () => {
    expect(told(checkLeftovers(host), 'dead runs')).toMatch(/^ok: nothing is left/);
    expect(told(checkLeftovers(host), 'SystemTap modules')).toBe('ok: none of kwho is loaded');
  });

  it('is named with its remedy, and removed when that is asked for', async () => {
    leave();
    expect(told(checkLeftovers(host), 'dead runs')).toMatch(
      /^no: of a dead kwho \(pid 77\): .*instances\/kwho-77 and dynamic events kwho_77\/in_x \| kwho doctor --repair/,
    );
    expect((await repair(host)).repaired).toEqual([
      expect.stringMatching(
        /^removed what a dead kwho \(pid 77\) left behind: .*kwho-77 and 1 dynamic events$/,
      ),
    ]);
  });

  it('a trial that was killed is removed, and nobody else', () => {
    leave();
    expect(removeTrial(host, 78)).toEqual({ findings: [] });
    expect(told(checkLeftovers(host), 'dead runs')).toMatch(/^no: /);
    expect(removeTrial(host, 77)).toEqual({ findings: [] });
    host.put('tracing/dynamic_events', '');
    expect(told(checkLeftovers(host), 'dead runs')).toMatch(/^ok: /);
  });

  it('without tracefs nobody knows', async () => {
    host.put('proc/mounts', '');
    host.put('proc/filesystems', 'nodev\ttracefs\n');
    expect(told(checkLeftovers(host), 'dead runs')).toMatch(
      /^unknown: not looked at: tracefs is not mounted/,
    );
    expect(told(await repair(host), 'repair')).toMatch(
      /^no: nothing could be removed: tracefs is not mounted/,
    );
  });
});

describe('SystemTap modules of kwho', () => {
  it('one that nobody runs is removed', async () => {
    host.put('proc/modules', 'kwho_log_77 200704 0 - Live 0x0 (OE)\n');
    expect(told(checkLeftovers(host), 'SystemTap modules')).toBe(
      'no: kwho_log_77 is loaded, and nobody runs it | kwho doctor --repair removes it',
    );
    host.programs.set('staprun -d kwho_log_77', done('', { status: 1, stderr: 'not permitted\n' }));
    expect(told(await repair(host), 'repair')).toMatch(
      /^no: could not remove .*kwho_log_77 \| run it as root/,
    );
    const removing = {
      ...host,
      run: async () => {
        host.put('proc/modules', '');
        return done('');
      },
    };
    expect((await repair(removing)).repaired).toEqual([
      expect.stringMatching(/^removed what a dead SystemTap run of kwho left.*kwho_log_77$/),
    ]);
  });

  it.each([
    ['held', 'kwho_log_77 200704 2 - Live 0x0 (OE)\n', 'proc/98/cmdline'],
    ['about to be attended to', 'kwho_log_77 200704 0 - Live 0x0 (OE)\n', 'proc/77/cmdline'],
  ])('one that is %s stays', async (_, modules, cmdline) => {
    host.put('proc/modules', modules);
    host.put(cmdline, '');
    expect(told(checkLeftovers(host), 'SystemTap modules')).toBe('ok: kwho_log_77: in use');
    await repair(host);
    expect(host.asked).toEqual([]);
  });
});
