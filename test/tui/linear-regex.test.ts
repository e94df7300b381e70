import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearRegex } from '../../src/tui/linear-regex.js';

function test(pattern: string, text: string): boolean | string {
  const regex = LinearRegex.parse(pattern);
  return 'problem' in regex ? regex.problem : regex.test(text);
}

it.each([
  ['a|b+c', 'xbbc', true],
  ['^a|b$', 'ba', false],
  ['^(a|b)*$', 'abba', true],
  ['^(a|b){2,3}$', 'abba', false],
  ['(a*)*b', 'aaaa', false],
  ['(a*)*', '', true],
  ['(|a)+b', 'aab', true],
  ['a??b', 'ab', true],
  ['[^a-c]', 'abc', false],
  ['[a\\-]', '-', true],
  ['[]', 'x', false],
  ['\\d+\\.\\d', 'ip 10.9', true],
  ['\\Bx', 'x', '\\B is not known'],
  ['\\beth\\b', 'veth eth0', false],
  ['\\beth0\\b', 'veth eth0', true],
  ['NO_SOCKET', 'no_socket', true],
  ['[A-Z]', 'x', true],
  ['\\D', '12', false],
  ['x{2', 'x{2', true],
  ['漢', '漢字', true],
  ['(?:ab){2}', 'abab', true],
])('%s in %j: %s', (pattern, text, expected) => {
  expect(test(pattern, text)).toBe(expected);
});

it.each([
  ['(', 'a group is not closed'],
  [')', 'a ) closes no group'],
  ['[a', 'a [ is not closed'],
  ['*', 'nothing stands before *'],
  ['a**', 'two repetitions'],
  ['^*', 'nothing there that could be repeated'],
  ['a{3,2}', 'ends before it begins'],
  ['a{101}', '100 at most'],
  ['(a{100}){100}', 'too large'],
  ['((((a{99}){99}){99}){99}){99}', 'too large'],
  ['\\', 'nothing stands behind the last \\'],
  ['(a)\\1', 'cannot be referred to'],
  ['(?=a)', 'only (?: is known'],
  ['[z-a]', 'is no range'],
  ['('.repeat(50), 'too deep'],
  ['\\q', '\\q is not known'],
])('%s: %s', (pattern, problem) => {
  expect(test(pattern, 'x')).toContain(problem);
});

const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });

describe('like the expressions of the language', () => {
  const { pattern } = fc.letrec((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '^', '$', '\\b', '1', ''),
      fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `${one}${other}`),
      fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(${one}|${other})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}', '{1,}', '*?'))
        .map(([one, times]) => `(?:${one})${times}`),
    ),
  }));
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '1', ' ', '_'), maxLength: 12 });

  it('matches the same', () => {
    let compared = 0;
    fc.assert(
      fc.property(pattern as fc.Arbitrary<string>, text, (pattern, text) => {
        const mine = test(pattern, text);
        if (typeof mine === 'string') expect(mine).toBe('the expression is too large');
        else {
          compared++;
          expect(mine).toBe(new RegExp(pattern, 'is').test(text));
        }
      }),
      { numRuns: 2000 },
    );
    expect(compared).toBeGreaterThan(1500);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(anyText, anyText, (pattern, text) => {
        expect(['boolean', 'string']).toContain(typeof test(pattern, text));
      }),
    );
  });
});

it('a pattern that takes others forever', () => {
  for (const pattern of ['(a+)+b', '(a|a)*b', '(.*)*(.*)*(.*)*x', '.*.*.*.*.*.*.*.*y', '(a?){20}a{20}b'])
    expect(test(pattern, 'a'.repeat(500))).toBe(false);
});
