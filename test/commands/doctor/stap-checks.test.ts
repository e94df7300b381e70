import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSystemTap } from '../../../src/commands/doctor/stap-checks.js';
import { done, FakeCheckedHost, told } from './checked-host.js';

let host: FakeCheckedHost;
beforeEach(() => {
  host = new FakeCheckedHost();
});
afterEach(() => host.remove());

describe('SystemTap', () => {
  it('is not there: every line says what to install, and scripts can still be printed', async () => {
    const result = await checkSystemTap(host);
    expect(told(result, 'stap')).toMatch(/^no: stap is not installed \| install the package systemtap;/);
    expect(told(result, 'staprun')).toMatch(
      /^no: staprun is not installed \| install the package systemtap-runtime/,
    );
    expect(told(result, 'headers')).toMatch(
      /^no: .*6\.1\.0-56-amd64.* \| install linux-headers-6\.1\.0-56-amd64/,
    );
    expect(told(result, 'compiler')).toMatch(/^no: gcc and make not installed/);
    expect(told(result, 'trial parse')).toMatch(/^unknown: not tried/);
    for (const command of ['kwho drops', 'kwho log'])
      expect(told(result, command)).toMatch(/^no: cannot use SystemTap: staprun is missing or refuses \| /);
    expect(result.commands).toMatchObject([{ command: 'probe', verdict: 'ok', backends: ['print'] }]);
  });

  it('is there: versions, as the programs of Debian 12 print them', async () => {
    host.programs.set(
      'stap --version',
      done('', { stderr: 'Systemtap translator/driver (version 4.8/0.188, Debian version 4.8-2)\n' }),
    );
    host.programs.set('staprun -V', done(''));
    host.programs.set('gcc --version', done('gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright\n'));
    host.programs.set('make --version', done('GNU Make 4.3\n'));
    const result = await checkSystemTap(host);
    expect(told(result, 'stap')).toBe('ok: version 4.8/0.188');
    expect(told(result, 'staprun')).toBe('ok: installed');
    expect(told(result, 'compiler')).toBe('ok: gcc (Debian 12.2.0-14+deb12u1) 12.2.0, and make');
    expect(told(result, 'headers')).toMatch(/^no: /);
    expect(told(result, 'kwho log')).toMatch(
      /^no: cannot build its SystemTap module here: .* \| .*kwho probe log --compile -r 6\.1\.0-56-amd64 .*--module/,
    );
  });

  it('a program that hangs is not known', async () => {
    host.programs.set('stap --version', { outcome: 'timeout' });
    expect(told(await checkSystemTap(host), 'stap')).toMatch(/^unknown: it gave no answer in time/);
  });
});
