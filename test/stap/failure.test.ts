import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KwhoError, PermissionError, UnavailableError } from '../../src/errors.js';
import { explainStapFailure, failedPass, type StapRun, stapMissing } from '../../src/stap/failure.js';

const verbatim = (name: string) =>
  readFileSync(new URL(`../fixtures/stap/${name}.txt`, import.meta.url), 'latin1');
const of = (stderr: string, program: StapRun['program'] = 'stap') =>
  explainStapFailure({ program, status: 1, stderr, release: '6.1.0-56-amd64' });

describe('what SystemTap itself printed', () => {
  it.each([
    ['no-headers', 'stap-no-headers', 'headers of kernel 6.1.0-56-amd64 are not installed'],
    ['no-headers-r', 'stap-no-headers', 'headers'],
    ['no-tracepoint', 'stap-no-tracepoint', 'tracepoint'],
    ['no-tracepoint-older-than-kernel', 'stap-no-tracepoint', 'tracepoint'],
    ['no-function', 'stap-no-function', 'no function'],
    ['no-symbols', 'stap-no-symbols', 'no list of the functions'],
    ['no-type', 'stap-no-types', 'layout of net_device (kernel<net/sock.h>'],
    ['no-gcc', 'stap-no-compiler', 'its compiler said nothing'],
    ['no-make', 'stap-no-compiler', 'its compiler said nothing'],
    ['no-gcc-of-headers', 'stap-no-compiler', 'that the headers of kernel 6.1.0-56-amd64 ask for'],
    [
      'pass4-newer-than-kernel',
      'stap-unfit',
      '/usr/share/systemtap/runtime/linux/stap_fs.h does not compile',
    ],
    [
      'pass4-older-than-kernel',
      'stap-unfit',
      '/usr/share/systemtap/runtime/stp_task_work.c does not compile',
    ],
  ])('stap: %s', (name, code, message) => {
    const error = of(verbatim(name));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(error.hint).toBeTruthy();
  });

  it('a user in none of its groups', () => {
    const error = of(verbatim('stap-not-in-group'));
    expect(error).toBeInstanceOf(PermissionError);
    expect(error).toMatchObject({ code: 'stap-not-permitted', hint: expect.stringContaining('usermod') });
  });

  it.each([
    ['staprun-missing', 'stap-module-file'],
    ['staprun-no-modules', 'stap-no-modules'],
    ['staprun-damaged', 'stap-module-mismatch'],
    ['staprun-other-version', 'stap-module-mismatch'],
    ['staprun-older-than-kernel', 'stap-unfit'],
  ])('staprun: %s', (name, code) => {
    expect(of(verbatim(name), 'staprun').code).toBe(code);
  });

  it('names the pass', () => {
    expect(failedPass(verbatim('no-tracepoint'))).toBe(2);
    expect(failedPass(verbatim('pass4-older-than-kernel'))).toBe(4);
    expect(failedPass(verbatim('no-headers'))).toBeNull();
  });
});

/** Wording from the programs' own sources; not provoked. */
describe('what SystemTap would print', () => {
  it.each([
    ["ERROR: Couldn't insert module '/x/k.ko': Operation not permitted\n", 'stap-lockdown'],
    ["ERROR: Couldn't insert module '/x/k.ko': Required key not available\n", 'stap-lockdown'],
    ["ERROR: Couldn't insert module '/x/k.ko': Invalid module format\n", 'stap-module-mismatch'],
    ['ERROR: Module has wrong symbol version\n', 'stap-module-mismatch'],
    ["ERROR: Couldn't insert module '/x/k.ko': File exists\n", 'stap-module-running'],
    ["ERROR: Couldn't insert module '/x/k.ko': Cannot allocate memory\n", 'stap-memory'],
    [
      'gcc: fatal error: Killed signal terminated program cc1\nPass 4: compilation failed.  [man error::pass4]\n',
      'stap-memory',
    ],
    [
      'ERROR: Skipped too many probes, check MAXSKIPPED or try again with stap -t for more details.\n',
      'stap-skipped',
    ],
    ['ERROR: probe overhead exceeded threshold\n', 'stap-overload'],
    [
      'make[1]: gcc-12: No such file or directory\nPass 4: compilation failed.  [man error::pass4]\n',
      'stap-no-compiler',
    ],
    [
      "gcc: error: unrecognized command-line option '-mharden-sls=all'\nPass 4: compilation failed.  [man error::pass4]\n",
      'stap-compiler',
    ],
  ])('%j', (stderr, code) => {
    expect(of(stderr, 'staprun').code).toBe(code);
  });
});

it('a program that is not there', () => {
  expect(stapMissing('staprun')).toMatchObject({
    code: 'stap-missing',
    hint: expect.stringContaining('systemtap-runtime'),
  });
});

it('a failure that nobody foresaw keeps the last words', () => {
  expect(of('Pass 3: translation failed.  [man error::pass3]\n')).toMatchObject({
    code: 'stap-pass-3',
    message: 'stap failed in pass 3 with status 1',
  });
  expect(of('something odd\nERROR: no idea\nTip: read more\n', 'staprun')).toMatchObject({
    code: 'staprun-failed',
    message: 'staprun failed with status 1: ERROR: no idea',
  });
});

it('whatever is printed is explained, and shortly', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), fc.option(fc.nat(255)), (stderr, status) => {
      const error = explainStapFailure({ program: 'stap', status, stderr, release: '1' });
      expect(error).toBeInstanceOf(KwhoError);
      expect(error.message.length).toBeLessThan(500);
    }),
  );
});
