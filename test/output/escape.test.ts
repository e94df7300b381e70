import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeceptive } from '../../src/output/deceptive-characters.js';
import { jsonText, printable, shellWords } from '../../src/output/escape.js';

/** Bytes as hostile as they come: raw ones, UTF-8 of any character, pieces of escapes. */
const byteString = fc
  .array(
    fc.oneof(
      fc.nat(255).map((byte) => String.fromCharCode(byte)),
      fc.string({ unit: 'binary', maxLength: 4 }).map(utf8),
      fc.constantFrom(
        '\\',
        '\\x',
        '\\x5c',
        '\\x1',
        'x',
        '4',
        'f',
        '\x1b[31m',
        utf8('\u202e'),
        '\xed\xa0\x80',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('printable', () => {
  it.each([
    ['plain text, "quotes" and $ signs', 'plain text, "quotes" and $ signs'],
    ['\x1b[2Jcleared', '\\x1b[2Jcleared'],
    ['line\nbreak\ttab\x7f', 'line\\x0abreak\\x09tab\\x7f'],
    [utf8('Grüße, 世界 🙂'), 'Grüße, 世界 🙂'],
    ['\xff\xfe', '\\xff\\xfe'],
    [utf8('user\u202egnp.exe'), 'user\\xe2\\x80\\xaegnp.exe'],
    [utf8('\u0085'), '\\xc2\\x85'],
    [utf8('\u2028\u2029'), '\\xe2\\x80\\xa8\\xe2\\x80\\xa9'],
    [utf8('a\u{e0041}b'), 'a\\xf3\\xa0\\x81\\x81b'],
    [utf8('\ufffe\ufdd0'), '\\xef\\xbf\\xbe\\xef\\xb7\\x90'],
    ['\xc0\xaf', '\\xc0\\xaf'], // overlong /
    ['\xe0\x80\xaf', '\\xe0\\x80\\xaf'],
    ['\xed\xa0\x80', '\\xed\\xa0\\x80'], // U+D800
    ['\xf4\x90\x80\x80', '\\xf4\\x90\\x80\\x80'], // beyond U+10FFFF
    ['\xe4\xb8', '\\xe4\\xb8'], // cut off
    ['\xe4\xb8x', '\\xe4\\xb8x'],
    ['\\', '\\'],
    ['C:\\temp \\x', 'C:\\temp \\x'],
    ['\\x1b', '\\x5cx1b'],
    ['\\X1b', '\\X1b'],
    ['\\xAF\\xag', '\\x5cxAF\\xag'],
    ['\\\\x41', '\\\\x5cx41'],
  ])('%j', (bytes, expected) => {
    expect(printable(bytes)).toBe(expected);
  });

  it('shows what is no byte at all rather than letting it through', () => {
    expect(printable('a\u202eb')).toBe('a\\u202eb');
  });

  it('lets nothing through that could deceive', () => {
    fc.assert(
      fc.property(byteString, (bytes) => {
        const out = printable(bytes);
        expect(out).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
        expect(out).not.toMatch(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/u);
      }),
      { numRuns: 2000 },
    );
  });

  it('can be undone', () => {
    fc.assert(
      fc.property(byteString, (bytes) => {
        expect(unprintable(printable(bytes))).toBe(bytes);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('isDeceptive', () => {
  it('covers what this Node knows of controls, formats, separators, blanks and invisible characters', () => {
    const known =
      /^[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]$/u;
    const missed: string[] = [];
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      if (codePoint === 0x20 || isDeceptive(codePoint)) continue;
      if (known.test(String.fromCodePoint(codePoint))) missed.push(codePoint.toString(16));
    }
    expect(missed).toEqual([]);
  });

  it('leaves letters, marks, digits, punctuation and symbols alone', () => {
    const seen = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;
    const invisible = /^\p{Default_Ignorable_Code_Point}$/u;
    const wrong: string[] = [];
    for (let codePoint = 0; codePoint <= 0xdffff; codePoint++) {
      if (!isDeceptive(codePoint) || codePoint === 0x2800) continue;
      const character = String.fromCodePoint(codePoint);
      if (seen.test(character) && !invisible.test(character)) wrong.push(codePoint.toString(16));
    }
    expect(wrong).toEqual([]);
  });
});

describe('jsonText', () => {
  it.each([
    ['plain', 'plain'],
    ['tab\t and \x1b stay', 'tab\t and \x1b stay'],
    [utf8('世界\u202e'), '世界\u202e'],
    ['\xff', '\\xff'],
    ['\\x41', '\\x5cx41'],
    ['\xed\xa0\x80', '\\xed\\xa0\\x80'],
  ])('%j', (bytes, expected) => {
    expect(jsonText(bytes)).toBe(expected);
  });

  it('can be undone after a trip through JSON, and is always well-formed', () => {
    fc.assert(
      fc.property(byteString, (bytes) => {
        const text = jsonText(bytes);
        expect(text).not.toMatch(/\p{Cs}/u);
        expect(unprintable(JSON.parse(JSON.stringify(text)) as string)).toBe(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  it('is plain decoding for valid UTF-8 without anything like an escape', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/\\x[0-9a-f]{2}/i.test(text));
        expect(jsonText(utf8(text))).toBe(text);
      }),
    );
  });
});

describe('shellWords', () => {
  it.each([
    [['dmesg', '--level=err', '-C'], 'dmesg --level=err -C'],
    [['sh', '-c', 'dmesg -c > /dev/null'], "sh -c 'dmesg -c > /dev/null'"],
    [['echo', "it's", ''], "echo 'it'\\''s' ''"],
    [['evil', '\x1b[2J'], "evil '\\x1b[2J'"],
    [[utf8('größe')], 'größe'],
    [['a\nb'], "'a\\x0ab'"],
    [[], ''],
  ])('%j', (args, expected) => {
    expect(shellWords(args)).toBe(expected);
  });
});

function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The inverse of printable and jsonText. */
function unprintable(text: string): string {
  const parts = text.split(/(\\x[0-9a-f]{2})/i);
  return parts
    .map((part, i) => (i % 2 === 1 ? String.fromCharCode(Number.parseInt(part.slice(2), 16)) : utf8(part)))
    .join('');
}
