import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellQuote } from '../src/quote.js';

describe('shellQuote', () => {
  it.each([
    ['', "''"],
    ['/sys/kernel/tracing/instances/kwho-12', '/sys/kernel/tracing/instances/kwho-12'],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ['a\nb', "'a\nb'"],
    ['$(reboot)', "'$(reboot)'"],
  ])('%j', (text, expected) => {
    expect(shellQuote(text)).toBe(expected);
  });

  it('refuses NUL', () => {
    expect(() => shellQuote('a\0b')).toThrow(TypeError);
  });

  it('is read back by sh as it was', () => {
    const words = fc.array(
      fc
        .oneof(
          fc.string({ unit: 'binary' }),
          fc
            .array(fc.constantFrom("'", '"', '\\', '\n', '$', '`', '!', ' ', '#', '~', '-', '*', ';'), {
              maxLength: 8,
            })
            .map((parts) => parts.join('')),
        )
        .map((text) => text.replaceAll('\0', '')),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(words, (list) => {
        const script = `printf '%s\\0' ${list.map(shellQuote).join(' ')}`;
        const { stdout, status } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
        expect(status).toBe(0);
        expect(stdout.split('\0').slice(0, -1)).toEqual(list);
      }),
      { numRuns: 25 },
    );
  });
});
