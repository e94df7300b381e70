import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BlockBuffer, type RecordingBlock, readBlock } from '../../src/decode/recording-blocks.js';
import { block, plain, sampleBlock } from './recording-builder.js';

const anyBlock: fc.Arbitrary<RecordingBlock> = fc.record({
  kind: fc.string({ unit: 'grapheme', maxLength: 20 }),
  stream: fc.string({ unit: 'grapheme', maxLength: 20 }),
  time: fc.double({ noNaN: true, noDefaultInfinity: true }),
  head: fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
  bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

it('blocks come out as they went in, and are laid out as described', () => {
  fc.assert(
    fc.property(fc.array(anyBlock), (blocks) => {
      const buffer = new BlockBuffer(64);
      for (const each of blocks) expect(buffer.add(each)).toBe(true);
      const payload = Buffer.from(buffer.take());
      expect(payload).toEqual(Buffer.concat(blocks.map(block)));
      const found: RecordingBlock[] = [];
      for (let at = 0; at < payload.length; ) {
        const read = readBlock(payload, at);
        if (typeof read === 'string') throw new Error(read);
        found.push(plain(read.block));
        at = read.end;
      }
      expect(found).toEqual(blocks);
    }),
  );
});

it('what goes in is copied', () => {
  const bytes = Buffer.from('before');
  const buffer = new BlockBuffer(64);
  buffer.add({ ...sampleBlock(1), bytes });
  bytes.write('after!');
  expect(Buffer.from(buffer.take()).toString('latin1')).toContain('before');
});

it('a buffer that was taken is empty', () => {
  const buffer = new BlockBuffer(64);
  buffer.add(sampleBlock(1));
  const first = Buffer.from(buffer.take());
  expect(buffer.length).toBe(0);
  buffer.add(sampleBlock(1));
  expect(Buffer.from(buffer.take())).toEqual(first);
});

it('what no chunk can hold is refused', () => {
  const buffer = new BlockBuffer(64);
  expect(() => buffer.add({ ...sampleBlock(1), time: Number.NaN })).toThrow(
    'expected a finite number, got NaN',
  );
  expect(() => buffer.add({ ...sampleBlock(1), kind: 'k'.repeat(65_536) })).toThrow(
    'at most 65535 bytes, got 65536',
  );
  const most = new Uint8Array(64 * 1024 * 1024 - 20 - 'pagescpu1'.length);
  expect(() => buffer.add({ ...sampleBlock(1), bytes: new Uint8Array(most.length + 1) })).toThrow(
    'block: at most 67108864 bytes, got 67108865',
  );
  expect(buffer.length).toBe(0);
  expect(buffer.add({ ...sampleBlock(1), bytes: most })).toBe(true);
  expect(buffer.add(sampleBlock(1))).toBe(false);
  expect(buffer.length).toBe(64 * 1024 * 1024);
});
