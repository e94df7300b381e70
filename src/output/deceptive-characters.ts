/**
 * Whether a character, shown as it is, could make a line say something else than its bytes: controls, line and
 * paragraph separators, bidirectional controls and other format characters (Unicode category Cf), characters that
 * show nothing (Default_Ignorable_Code_Point, blanks other than the space), noncharacters, private use, surrogates.
 * A fixed table, because the tables in Node differ between its releases.
 */
export function isDeceptive(codePoint: number): boolean {
  if (codePoint < 0x7f) return codePoint < 0x20;
  if ((codePoint & 0xfffe) === 0xfffe) return true;
  let low = 0;
  let high = RANGES.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (codePoint > RANGES[2 * middle + 1]!) low = middle + 1;
    else high = middle;
  }
  return low < RANGES.length / 2 && codePoint >= RANGES[2 * low]!;
}

/** First and last of each range, ascending. */
const RANGES = [
  [0x7f, 0xa0], // DEL, C1 controls, no-break space
  [0xad, 0xad], // soft hyphen
  [0x34f, 0x34f], // combining grapheme joiner
  [0x600, 0x605], // Arabic number signs
  [0x61c, 0x61c], // Arabic letter mark
  [0x6dd, 0x6dd],
  [0x70f, 0x70f],
  [0x890, 0x891],
  [0x8e2, 0x8e2],
  [0x115f, 0x1160], // Hangul fillers
  [0x1680, 0x1680], // Ogham space
  [0x17b4, 0x17b5], // Khmer inherent vowels
  [0x180b, 0x180f], // Mongolian selectors
  [0x2000, 0x200f], // spaces, zero-width characters, left-to-right and right-to-left marks
  [0x2028, 0x202f], // separators, bidirectional embeddings, narrow space
  [0x205f, 0x206f], // mathematical space, word joiner, invisible operators, isolates
  [0x2800, 0x2800], // blank Braille pattern
  [0x3000, 0x3000], // ideographic space
  [0x3164, 0x3164], // Hangul filler
  [0xd800, 0xf8ff], // surrogates, private use
  [0xfdd0, 0xfdef], // noncharacters
  [0xfe00, 0xfe0f], // variation selectors
  [0xfeff, 0xfeff], // byte order mark
  [0xffa0, 0xffa0], // halfwidth Hangul filler
  [0xfff0, 0xfffb], // ignorable, interlinear annotation
  [0x110bd, 0x110bd],
  [0x110cd, 0x110cd],
  [0x13430, 0x1343f], // hieroglyph format controls
  [0x1bca0, 0x1bca3], // shorthand format controls
  [0x1d173, 0x1d17a], // musical format controls
  [0xe0000, 0x10ffff], // tags, variation selectors, private use
].flat();
