import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textMemory } from '../../src/decode/text-memory.js';
import { TextWindow } from '../../src/decode/text-window.js';

const LAYOUT = { skip: 3, least: 5, long: 16 };

describe('textMemory', () => {
  it('finds what was put in, and nothing else', () => {
    // Few bytes, so that texts share their starts and their ends; 255 makes words that are no numbers.
    const text = fc
      .array(fc.constantFrom(97, 98, 32, 255), { minLength: 8, maxLength: 140 })
      .map((bytes) => `xx=${Buffer.from(bytes).toString('latin1')}\n`);
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (texts) => {
        const window = new TextWindow(1 << 16);
        const memory = textMemory<string>(window, LAYOUT);
        for (const each of [...texts, ...texts]) {
          const at = place(window, each);
          const found = memory.find(at);
          if (found !== null) expect(each).toBe(found);
          else memory.put(at, at + each.length, each);
        }
      }),
    );
  });

  it.each([8, 12, 19, 20, 33, 64, 85, 128])('remembers a text of %i bytes', (length) => {
    const window = new TextWindow(4096);
    const memory = textMemory<number>(window, LAYOUT);
    const text = `xx=${'abcdefghijklmnopqrstuvwxyz'.repeat(6).slice(0, length - 4)}\n`;
    memory.put(place(window, text), text.length, length);
    expect(memory.find(place(window, text))).toBe(length);
    for (let index = 0; index < length; index++) {
      const other = `${text.slice(0, index)}#${text.slice(index + 1)}`;
      expect(memory.find(place(window, other))).toBeNull();
    }
  });

  it('remembers short texts by the end of what they share', () => {
    const window = new TextWindow(4096);
    const memory = textMemory<string>(window, { skip: 12, least: 1, long: 16 });
    for (const text of [' group_dead=true\n', ' group_dead=false\n']) {
      memory.put(place(window, text), text.length, text);
      expect(memory.find(place(window, text))).toBe(text);
    }
  });

  it('keeps finding the usual ones while others flood it', () => {
    const window = new TextWindow(4096);
    const memory = textMemory<string>(window, LAYOUT);
    let missed = 0;
    for (let round = 0; round < 100_000; round++) {
      const text = round % 2 === 0 ? 'xx=the usual one, seen often\n' : `xx=${round} never again, ever\n`;
      const at = place(window, text);
      const found = memory.find(at);
      if (found !== null) expect(found).toBe(text);
      else memory.put(at, at + text.length, text);
      if (found === null && round % 2 === 0) missed += 1;
    }
    expect(missed).toBeLessThan(5000);
  });

  it('learns again after a flood', () => {
    const window = new TextWindow(4096);
    const memory = textMemory<string>(window, LAYOUT);
    const meet = (text: string) => {
      const at = place(window, text);
      if (memory.find(at) !== null) return true;
      memory.put(at, at + text.length, text);
      return false;
    };
    for (let round = 0; round < 50_000; round++) meet(`xx=${round} never again, ever\n`);
    let known = 0;
    for (let round = 0; round < 20_000; round++)
      if (meet(`xx=${round % 100} some that come back\n`)) known += 1;
    expect(known).toBeGreaterThan(9000);
  });
});

/** Makes the window hold this text. @returns its position */
function place(window: TextWindow, text: string): number {
  window.discard(window.end);
  window.bytes.write(text, 'latin1');
  window.extend(text.length);
  return 0;
}
