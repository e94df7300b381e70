import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unescapeStapText } from '../../src/decode/stap-text.js';

/** What _stp_text_str() makes of bytes (runtime/stp_string.c), for text that is not cut. */
function textStr(bytes: Buffer): string {
  const short = new Map(
    [...'\x07a\bb\ff\nn\rr\tt\vv""\\\\'.matchAll(/([\s\S])(.)/g)].map(([, raw, name]) => [raw, name]),
  );
  let out = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [4, 3, 2].find((n) => isOneCharacter(bytes.subarray(at, at + n), n)) ?? 1;
    if (length > 1) {
      const code = bytes.toString('utf8', at, at + length).codePointAt(0) as number;
      out += code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
    } else {
      const byte = bytes[at] as number;
      const name = short.get(String.fromCharCode(byte));
      if (name !== undefined) out += `\\${name}`;
      else
        out +=
          byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    }
    at += length;
  }
  return out;
}

function isOneCharacter(bytes: Buffer, length: number): boolean {
  const text = bytes.toString('utf8');
  return (
    bytes.length === length && [...text].length === 1 && Buffer.from(text).equals(bytes) && text !== '\ufffd'
  );
}

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0');

it('gives back every byte', () => {
  const name = fc.oneof(
    fc.uint8Array({ min: 1, maxLength: 40 }),
    fc
      .string({ unit: 'binary', maxLength: 20 })
      .map((text) => Uint8Array.from(Buffer.from(text.replaceAll('\0', '')))),
  );
  fc.assert(
    fc.property(name, (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(unescapeStapText(textStr(buffer))).toBe(buffer.toString('latin1'));
    }),
    { numRuns: 200 },
  );
});

it.each(['\\', '\\x41', '\\0', '\\08', '\\u12', '\\U00110000', 'a"b', 'a\tb', '\x80', '\\400'])(
  'text_str() never writes %j',
  (text) => {
    expect(unescapeStapText(text)).toBeNull();
  },
);
