/**
 * The sequence with which a terminal takes text into its clipboard (xterm's OSC 52). Encoded, so that nothing in the
 * text is a control; bounded, because terminals drop what is too long for them.
 */
export function clipboardSequence(text: string): { sequence: string; whole: boolean } {
  const bytes = Buffer.from(text, 'utf8');
  const cut = bytes.subarray(0, MOST_BYTES);
  return { sequence: `\x1b]52;c;${cut.toString('base64')}\x07`, whole: cut.length === bytes.length };
}

const MOST_BYTES = 8192;
