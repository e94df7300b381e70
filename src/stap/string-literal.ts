import { UsageError } from '../errors.js';

/**
 * A string of SystemTap's language that holds exactly these characters, as UTF-8. Whatever is neither a letter, a
 * digit nor one of `_ . -` becomes an octal escape of its byte: no text can end the string, begin embedded C (`%{`), a
 * macro or a parameter (`@`, `$`), or a new line.
 * @param what names it in messages: `the interface`
 * @throws UsageError for a NUL byte, which no string of SystemTap can hold, and for more than {@link MOST_BYTES} bytes
 */
export function stringLiteral(text: string, what: string): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.includes(0)) throw new UsageError(`${what} cannot have a NUL byte in its name`);
  if (bytes.length > MOST_BYTES)
    throw new UsageError(
      `${what} has a name of at most ${MOST_BYTES} bytes, and one of ${bytes.length} came`,
    );
  const escaped = [...bytes].map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : octal(byte)));
  return `"${escaped.join('')}"`;
}

/** The shortest limit that SystemTap sets to a string (runtime_defines.h MAXSTRINGLEN, where memory is little). */
const MOST_BYTES = 255;

function isPlain(byte: number): boolean {
  return /[\w.-]/.test(String.fromCharCode(byte));
}

/** Always three digits: a digit of the text that follows is not taken for one more. */
function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}
