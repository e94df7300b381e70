import { afterEach, beforeEach, expect, it } from 'vitest';
import { Findings } from '../../../src/commands/doctor/finding.js';
import { checkBackend } from '../../../src/commands/doctor/stap-backend.js';
import { FakeCheckedHost, told } from './checked-host.js';

let host: FakeCheckedHost;
beforeEach(() => {
  host = new FakeCheckedHost();
});
afterEach(() => host.remove());

function backend(builds: boolean, runs: boolean): string {
  const found = new Findings('SystemTap');
  checkBackend(found, host, 'drops', { builds, runs });
  return told({ findings: found.list }, 'kwho drops');
}

it('everything that can be looked at is there', () => {
  expect(backend(true, true)).toBe(
    'ok: can use SystemTap (--backend stap), if its module builds: it was not tried',
  );
});

it('what is lacking, and what to do without it', () => {
  expect(backend(true, false)).toMatch(/^no: cannot use SystemTap: staprun is missing or refuses \| /);
  expect(backend(false, true)).toMatch(
    /^no: cannot build its SystemTap module here: .* \| .*--module FILE\.ko$/,
  );
});

it('a build that came to nothing: of this command alone', () => {
  host.lastStapFailure = (command) => (command === 'drops' ? 'stap is too old' : null);
  expect(backend(true, true)).toMatch(
    /^no: its SystemTap module could not be built: stap is too old \| build its module where it can be/,
  );
  host.lastStapFailure = (command) => (command === 'log' ? 'stap is too old' : null);
  expect(backend(true, true)).toMatch(/^ok: /);
});

it.each([
  ['kernel/security/lockdown', 'none [integrity] confidentiality\n', 'lockdown=integrity'],
  ['module/module/parameters/sig_enforce', 'Y\n', 'module.sig_enforce=1'],
])('a kernel that takes signed modules only: %s', (file, text, why) => {
  host.put(`sys/${file}`, text);
  expect(backend(true, true)).toMatch(/^no: this kernel loads signed modules only/);
  expect(backend(true, true)).toContain(`(${why})`);
});
