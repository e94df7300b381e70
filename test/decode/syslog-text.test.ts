import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { LogMessage } from '../../src/decode/log-message.js';
import { SyslogTextReader } from '../../src/decode/syslog-text.js';

function read(...pieces: (string | Uint8Array)[]): LogMessage[] {
  const messages: LogMessage[] = [];
  const reader = new SyslogTextReader((message) => messages.push(message));
  for (const piece of pieces) reader.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  reader.flush();
  return messages;
}

it('reads priority, stamp and caller', () => {
  expect(read('<12>[    2.950919] a\n<6>[12345.000001] [  T123] b\n<3>c\n')).toMatchObject([
    { level: 4, facility: 1, microseconds: 2950919, caller: null, text: 'a' },
    { level: 6, facility: 0, microseconds: 12345000001, caller: 'T123', text: 'b' },
    { level: 3, facility: 0, microseconds: null, text: 'c' },
  ]);
});

it('a message goes on over lines without a priority', () => {
  expect(read('<6>[    1.000000] one\n two\n<not a priority\n<6>[    2.000000] three')).toMatchObject([
    { text: 'one\n two\n<not a priority' },
    { text: 'three' },
  ]);
});

it.each(['[Firmware Bug]: x', '[T1]x', '[ 1.5] x', '<> x', '<6 x', '', '[    1.0000001] x'])(
  '%j is text',
  (text) => {
    expect(read(`<6>${text}\n`).map((message) => message.text)).toEqual(text === '' ? [''] : [text]);
  },
);

it('gives the same however the bytes are cut', () => {
  const text = fc
    .array(fc.constantFrom('<6>', '<14>', '[    1.000000] ', '[   T1] ', 'a', '\n', '\n<', '\0', '\xff'), {
      maxLength: 40,
    })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 6 }), (whole, cuts) => {
      const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      const pieces = at.slice(1).map((end, i) => whole.slice(at[i], end));
      expect(read(...pieces)).toEqual(read(whole));
    }),
  );
});

it('is total over arbitrary bytes, and loses none of a text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const texts = read(bytes).map(({ text }) => text);
      expect(texts.join('').length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

it('a message without an end is given in pieces of bounded size', () => {
  const piece = Buffer.alloc(300_000, 'x');
  const lengths = read(piece, piece, piece, piece, piece).map(({ text }) => text.length);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(5 * piece.length);
  expect(lengths.length).toBeGreaterThan(1);
});
