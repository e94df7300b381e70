import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/decode/event-format.js';
import { parsePageHeader } from '../../src/decode/page-header.js';

function header(kernel: string): string {
  return readFileSync(new URL(`../fixtures/${kernel}/C-header_page.txt`, import.meta.url), 'latin1');
}

describe('parsePageHeader', () => {
  it.each(['5.10', '6.1', '6.12', '7.2'])('reads the file of %s', (kernel) => {
    expect(parsePageHeader(header(kernel))).toEqual({
      timestamp: 0,
      commit: 8,
      longSize: 8,
      data: 16,
      size: 4096,
    });
  });

  it('reads other sub-buffer sizes and 32-bit kernels', () => {
    const large = header('7.2').replace('size:4080', 'size:65520');
    expect(parsePageHeader(large).size).toBe(65_536);
    const small = header('5.10')
      .replace('offset:8;\tsize:8', 'offset:8;\tsize:4')
      .replace('offset:16', 'offset:12');
    expect(parsePageHeader(small)).toMatchObject({ longSize: 4, data: 12 });
  });

  it.each([
    ['data is missing', header('6.12').replace('char data', 'char dota')],
    ['timestamp has 4 bytes', header('6.12').replace('size:8', 'size:4')],
    ['data is at 12', header('6.12').replace('offset:16', 'offset:12')],
    ['line 1', header('6.12').replace('size:8', 'size:eight')],
    ['timestamp is missing', ''],
  ])('says what is wrong: %s', (expected, text) => {
    expect(() => parsePageHeader(text)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(expected) }),
    );
    expect(() => parsePageHeader(text)).toThrow(FormatError);
  });

  it('refuses pages of a big-endian kernel', () => {
    expect(() => parsePageHeader(header('6.12'), 'big')).toThrow(
      expect.objectContaining({ code: 'page-big-endian', hint: expect.any(String) }),
    );
  });

  it('never throws anything but FormatError', () => {
    const lines = header('6.12').split('\n');
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...lines), fc.string())), (parts) => {
        try {
          parsePageHeader(parts.join('\n'));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
