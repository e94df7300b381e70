import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { stringLiteral } from '../../src/stap/string-literal.js';

/** SystemTap's own reading of a literal, as far as one of ours goes (parse.cxx lexer::scan()): octal escapes. */
function readLiteral(literal: string): string {
  const bytes = literal
    .slice(1, -1)
    .replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const NASTY = fc.constantFrom(
  '"',
  '\\',
  '%{',
  '%}',
  '%)',
  '%(',
  '\n',
  '}',
  '{',
  '@',
  '$',
  '$1',
  '@1',
  '/*',
  '#',
  'ä',
  '🦆',
  '7',
  'eth0',
);
const TEXT = fc
  .oneof(
    fc.array(NASTY, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  )
  .filter(
    (text) => !text.includes('\0') && Buffer.byteLength(text) < 256 && Buffer.from(text).toString() === text,
  );

describe('stringLiteral', () => {
  it('holds nothing that could end it or begin anything else', () => {
    fc.assert(
      fc.property(TEXT, (text) => {
        expect(stringLiteral(text, 'a name')).toMatch(/^"(?:[A-Za-z0-9_.-]|\\[0-7]{3})*"$/);
      }),
      { numRuns: 500 },
    );
  });

  it('is the text, once SystemTap has read it', () => {
    fc.assert(
      fc.property(TEXT, (text) => readLiteral(stringLiteral(text, 'a name')) === text),
      { numRuns: 500 },
    );
  });

  it('a digit behind an escape stays a digit', () => {
    expect(stringLiteral('"7', 'a name')).toBe('"\\0427"');
  });

  it('refuses a NUL byte, and what SystemTap would cut', () => {
    expect(() => stringLiteral('eth\0', 'a name')).toThrow(UsageError);
    expect(() => stringLiteral('x'.repeat(256), 'a name')).toThrow('one of 256 came');
    expect(stringLiteral('x'.repeat(255), 'a name')).toHaveLength(257);
  });
});
