import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/decode/trace-record.js';
import { commandLineOf, type ExecAttempt, noteExec } from '../../src/model/exec-attempt.js';
import { execEvent } from './task-events.js';

function attemptOf(events: readonly EventRecord[]): ExecAttempt | null {
  return events.reduce<ExecAttempt | null>((attempt, event) => noteExec(attempt, event), null);
}

function words(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `w${i}`);
}

it('nothing was tried', () => {
  expect(commandLineOf(null)).toEqual({ args: null, cut: false });
});

describe('the command line', () => {
  it.each<[number, boolean]>([
    [1, false],
    [7, false],
    [8, false],
    [9, false],
    [16, false],
    [23, false],
    // All that was fetched are arguments: there may be more.
    [24, true],
    [25, true],
  ])('of %i words', (count, cut) => {
    const events = [0, 1, 2].map((part) => execEvent(part, '/bin/x', words(count)));
    expect(commandLineOf(attemptOf(events))).toEqual({
      args: words(Math.min(count, 24)),
      cut,
    });
  });

  it('up to 6.12 an empty word gives nothing, as one that cannot be read: neither is claimed', () => {
    const args = ['echo', '', 'x', ''];
    expect(commandLineOf(attemptOf([execEvent(0, '/bin/echo', args)])).args).toEqual([
      'echo',
      null,
      'x',
      null,
    ]);
  });

  // 6.12, a C program that forks and calls execl("/usr/bin/true", "literal-zero", "", "literal-two", NULL): the page of
  // the literals is not in the child yet, and a probe cannot wait for it. Up to 6.12 an empty word reads the same.
  it('that could not be read is not known: it is no row of empty words', () => {
    const fields = {
      f: null,
      a0: null,
      p0: 0x55bca8405010,
      a1: null,
      p1: 0x55bca840502a,
      a2: null,
      p2: 0x55bca8405004,
      a3: null,
      p3: 0,
    };
    const attempt = attemptOf([{ ...execEvent(0, '', []), fields }]);
    expect(commandLineOf(attempt)).toEqual({ args: null, cut: false });
  });

  it('of a caller with 32-bit pointers is only its file', () => {
    const event = {
      ...execEvent(0, '/bin/x', []),
      name: 'exec0_ia32_',
      fields: { f: '/bin/x' },
    };
    const attempt = attemptOf([event]);
    expect(attempt?.file).toBe('/bin/x');
    expect(commandLineOf(attempt)).toEqual({ args: null, cut: false });
  });

  it('goes to the first part that is missing', () => {
    const events = [0, 2].map((part) => execEvent(part, '/bin/x', words(20)));
    expect(commandLineOf(attemptOf(events))).toEqual({
      args: words(8),
      cut: true,
    });
  });
});

it('the parts come in whatever order', () => {
  const order = fc.shuffledSubarray([0, 1, 2], { minLength: 3 });
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 23 }),
      order,
      (args, parts) => {
        const attempt = attemptOf(parts.map((part) => execEvent(part, '/bin/x', args)));
        expect(attempt?.file).toBe('/bin/x');
        expect(commandLineOf(attempt)).toEqual({ args, cut: false });
      },
    ),
  );
});

it("execvp's search: each try is an attempt of its own, the last one counts", () => {
  const order = [2, 1, 0];
  const events = ['/usr/local/bin/x', '/usr/bin/x', '/bin/x'].flatMap((file) =>
    order.map((part) => execEvent(part, file, ['x', file])),
  );
  const attempt = attemptOf(events);
  expect(attempt?.file).toBe('/bin/x');
  expect(commandLineOf(attempt).args).toEqual(['x', '/bin/x']);
});

it('a shorter attempt has nothing of a longer one before it', () => {
  const long = [0, 1, 2].map((part) => execEvent(part, '/bin/long', words(20)));
  const short = [0, 1, 2].map((part) => execEvent(part, '/bin/short', ['short']));
  expect(commandLineOf(attemptOf([...long, ...short])).args).toEqual(['short']);
});
