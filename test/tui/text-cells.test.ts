import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { asciiOnly } from '../../src/tui/ascii-only.js';
import { cellsOf, cutText, fitText, textWidth } from '../../src/tui/text-cells.js';
import { wrapCells } from '../../src/tui/wrap-cells.js';

/** What `printable` lets through, and worse. */
const texts = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      'a',
      ' ',
      '─',
      '漢',
      '👍',
      '🏽',
      '🇩',
      '🇪',
      'e\u0301',
      '\u0301',
      'क',
      '\u094d',
      'ש',
      '…',
      '\t',
      '\x1b',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 40,
});

describe('text in columns', () => {
  it('fits exactly, whatever it holds', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 50 }), (text, columns) => {
        expect(textWidth(fitText(text, columns, '…'))).toBe(columns);
        expect(textWidth(cutText(text, columns, '…'))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('is whole where it fits', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(cutText(text, textWidth(text), '…')).toBe(cutText(text, 1000, '…'));
      }),
    );
  });

  it.each([
    ['abc', 3],
    ['漢字', 4],
    ['e\u0301', 1],
    ['\u0301', 1],
    ['👍', 2],
    ['🇩🇪', 2],
    ['', 0],
  ])('%j takes %i', (text, width) => expect(textWidth(text)).toBe(width));

  it('is cut between characters, with a mark', () => {
    expect(cutText('abcdef', 4, '…')).toBe('abc…');
    expect(cutText('漢字漢字', 6, '…')).toBe('漢字…');
    expect(cutText('漢字漢字', 7, '…')).toBe('漢字漢…');
    expect(cutText('a👩🏽b', 2, '~')).toBe('a~');
  });

  it('has no control characters and no tower of marks', () => {
    const tower = `z${'\u0301'.repeat(500)}`;
    expect(cellsOf(tower)[0].text.length).toBeLessThan(10);
    expect(cellsOf('a\x1b\x07b\n').map(({ text }) => text)).toEqual(['a', 'b']);
  });

  it('agrees with string-width about plain text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(textWidth(text)).toBe(stringWidth(text));
      }),
    );
  });
});

describe('wrapping', () => {
  it('keeps every line within the columns and loses nothing but blanks', () => {
    const printed = texts.map((text) => text.replace(/[\p{Cc}]/gu, ''));
    fc.assert(
      fc.property(printed, fc.integer({ min: 8, max: 30 }), (text, columns) => {
        const lines = wrapCells(text, columns);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
        expect(lines.join('').replace(/ /g, '')).toBe(text.replace(/ /g, ''));
      }),
    );
  });

  it('breaks at blanks, and keeps an indent', () => {
    expect(wrapCells('  one two three four', 12)).toEqual(['  one two', '  three four']);
  });
});

describe('ASCII', () => {
  it('is all that is left', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(asciiOnly(text.replace(/[\p{Cc}]/gu, ''))).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  it('has marks in letters, and everything else as its bytes', () => {
    expect(asciiOnly('a → b …')).toBe('a -> b ~');
    expect(asciiOnly('漢')).toBe('\\xe6\\xbc\\xa2');
  });
});
