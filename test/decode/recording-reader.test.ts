import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordingError, RecordingReader } from '../../src/decode/recording-reader.js';
import { block, chunk, fileHead, readAll, readerOf, sampleBlock } from './recording-builder.js';

const CHUNKS = [[0, 1, 2], [3], [4, 5]].map((group) => group.map((index) => sampleBlock(index)));
const PARTS = [fileHead(), ...CHUNKS.map((blocks) => chunk(Buffer.concat(blocks.map(block))))];
const FILE = Buffer.concat(PARTS);
/** Where each chunk starts, and the end. */
const STARTS = PARTS.map((_, index) => Buffer.concat(PARTS.slice(0, index + 1)).length);

describe('a whole recording', () => {
  it('in the bytes of another program, which wrote it after the description', () => {
    const hex = `
      894b57520d0a1a0a 01000000 d2ed8a1b
      a74b5743 29000000 24000000 b984151e ec8056bf
      012400dbff 000000000000f83f040002000700000003000000
      7465787467307b2261223a317d00ff0a`.replaceAll(/\s/g, '');
    expect(readAll(readerOf(Buffer.from(hex, 'hex')))).toEqual([
      { kind: 'text', stream: 'g0', time: 1.5, head: { a: 1 }, bytes: Buffer.from('00ff0a', 'hex') },
    ]);
  });

  it('gives its blocks in order, in pieces of any size', () => {
    for (const most of [1, 7, 100, 1e6]) {
      const reader = readerOf(FILE, most);
      expect(readAll(reader)).toEqual(CHUNKS.flat());
      expect(reader.next()).toBeNull();
      expect(reader.damage).toEqual([]);
    }
  });

  it('may hold nothing', () => {
    for (const file of [fileHead(), Buffer.concat([fileHead(), chunk(Buffer.alloc(0))])]) {
      const reader = readerOf(file);
      expect(reader.next()).toBeNull();
      expect(reader.damage).toEqual([]);
    }
  });

  it('may hold a block of megabytes', () => {
    const large = sampleBlock(7, 3_000_000);
    const file = Buffer.concat([fileHead(), chunk(block(large)), PARTS[1]!]);
    const [first, ...others] = readAll(readerOf(file, 1e5));
    expect(Buffer.compare(first!.bytes, large.bytes)).toBe(0);
    expect(others).toEqual(CHUNKS[0]);
  });

  it('blocks stay as they are while reading goes on', () => {
    const reader = readerOf(FILE);
    const first = reader.next()!;
    const before = Buffer.from(first.bytes);
    readAll(reader);
    expect(Buffer.from(first.bytes)).toEqual(before);
  });
});

describe('damage', () => {
  it.each([
    ['in the marker', 0, 'no chunk starts here'],
    ['in a length', 5, 'no chunk starts here'],
    ['in the data', 25, 'a chunk whose data do not match their checksum'],
  ])('%s costs that chunk', (_, offset, why) => {
    const file = Buffer.from(FILE);
    file[STARTS[1]! + offset]! ^= 0x10;
    const reader = readerOf(file);
    expect(readAll(reader)).toEqual([...CHUNKS[0]!, ...CHUNKS[2]!]);
    const length = STARTS[2]! - STARTS[1]!;
    expect(reader.damage).toEqual([{ at: STARTS[1], what: `${why}: ${length} bytes skipped` }]);
  });

  it('a file that was cut off is good up to its last whole chunk', () => {
    const reader = readerOf(FILE.subarray(0, FILE.length - 1));
    expect(readAll(reader)).toEqual([...CHUNKS[0]!, ...CHUNKS[1]!]);
    const length = FILE.length - STARTS[2]!;
    expect(reader.damage).toEqual([
      {
        at: STARTS[2],
        what: `the file ends inside a chunk, ${length - 21} of its ${length - 20} bytes being there: ${length - 1} bytes skipped`,
      },
    ]);
    const headless = readerOf(FILE.subarray(0, STARTS[2]! + 19));
    expect(readAll(headless)).toHaveLength(4);
    expect(headless.damage[0]).toEqual({
      at: STARTS[2],
      what: 'the file ends inside the head of a chunk: 19 bytes skipped',
    });
  });

  it('bytes missing from the last but one chunk do not cost the last', () => {
    const file = Buffer.concat([FILE.subarray(0, STARTS[1]! + 30), FILE.subarray(STARTS[1]! + 33)]);
    expect(readAll(readerOf(file))).toEqual([...CHUNKS[0]!, ...CHUNKS[2]!]);
  });

  it('in the head of the file', () => {
    const file = Buffer.from(FILE);
    file[8]! ^= 2;
    const reader = readerOf(file);
    expect(readAll(reader)).toEqual(CHUNKS.flat());
    expect(reader.damage).toEqual([{ at: 0, what: 'the head of the file is damaged' }]);
  });

  it.each([
    ['longer than told', { payloadLength: 5 }],
    ['shorter than told', { payloadLength: 1e6 }],
    ['not deflate', { data: Buffer.from('\xff\xff\xff\xff', 'latin1') }],
    ['a deflate stream without its end', { data: Buffer.from('4a', 'hex') }],
  ])('data %s', (_, forged) => {
    const file = Buffer.concat([fileHead(), chunk(block(sampleBlock(1)), forged), PARTS[1]!]);
    const reader = readerOf(file);
    expect(readAll(reader)).toEqual(CHUNKS[0]);
    expect(reader.damage).toEqual([
      {
        at: 16,
        what: expect.stringMatching(
          /^a chunk whose data cannot be decompressed to the length given: \d+ bytes skipped$/,
        ),
      },
    ]);
  });

  it('a length beyond the bounds is not believed', () => {
    for (const forged of [{ payloadLength: 64 * 1024 * 1024 + 1 }, { dataLength: 0xffff_ffff }]) {
      const reader = readerOf(Buffer.concat([fileHead(), chunk(Buffer.alloc(9), forged), PARTS[1]!]));
      expect(readAll(reader)).toEqual(CHUNKS[0]);
      expect(reader.damage).toHaveLength(1);
    }
  });

  it.each([
    ['a block is cut off', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['a block is cut off', (bytes: Buffer) => bytes.subarray(0, 19)],
    ['the time of a block is not a finite number', (bytes: Buffer) => bytes.fill(0xff, 0, 8)],
    ['the head of a block is not JSON', (bytes: Buffer) => bytes.fill('x', 29, 38)],
  ])('in the layout of blocks: %s', (why, spoil) => {
    const payload = Buffer.concat([block(sampleBlock(1)), spoil(block(sampleBlock(3)))]);
    const file = Buffer.concat([fileHead(), chunk(payload), PARTS[1]!]);
    const reader = readerOf(file);
    expect(readAll(reader)).toEqual([sampleBlock(1), ...CHUNKS[0]!]);
    expect(reader.damage).toEqual([{ at: 16, what: `${why}; the rest of its chunk is skipped` }]);
  });

  it('the list of it is bounded', () => {
    const bad = chunk(Buffer.alloc(3));
    const reader = readerOf(Buffer.concat([fileHead(), ...new Array<Buffer>(5000).fill(bad)]), 1e6);
    expect(readAll(reader)).toEqual([]);
    expect(reader.damage).toHaveLength(1001);
    expect(reader.damage[1000]).toEqual({
      at: expect.any(Number),
      what: 'more from here on, which is not listed',
    });
  });

  it('heads that all claim to reach far are looked into a bounded number of times', () => {
    // 64 MiB behind each of 4,000 heads would be 256 GiB to look at.
    const head = chunk(Buffer.alloc(0), { dataLength: 60_000_000, dataChecksum: 1 }).subarray(0, 20);
    const file = Buffer.concat([
      fileHead(),
      ...new Array<Buffer>(4000).fill(head),
      Buffer.alloc(60_000_000),
      ...PARTS.slice(1),
    ]);
    const reader = readerOf(file, 1e6);
    const blocks = readAll(reader);
    expect(reader.damage).toHaveLength(1);
    expect(blocks).toEqual(CHUNKS.flat());
  }, 60_000);

  it('an error of the file passes', () => {
    let pieces = [FILE.subarray(0, STARTS[1])];
    const reader = new RecordingReader((into) => {
      const piece = pieces.shift();
      if (piece === undefined) throw new Error('EIO');
      into.set(piece);
      return piece.length;
    });
    expect(CHUNKS[0]!.map(() => reader.next()?.time)).toEqual(CHUNKS[0]!.map(({ time }) => time));
    expect(() => reader.next()).toThrow('EIO');
    pieces = [FILE.subarray(STARTS[1])];
    expect(reader.next()?.time).toBe(CHUNKS[1]![0]!.time);
  });
});

describe('other files', () => {
  it.each([
    ['', 'empty'],
    ['\x1f\x8b\x08\0\0\0\0\0\0\x03KWR', 'compressed by gzip'],
    ['\x17\x08\x44tracing6\0\0\0\0\0\0', 'a trace.dat of trace-cmd'],
    ['PERFILE2h\0\0\0\0\0\0\0', 'a perf.data'],
    [
      '\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0',
      'a capture of packets, which does not tell what was dropped',
    ],
    [
      '\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a',
      'a capture of packets, which does not tell what was dropped',
    ],
    ['           dmesg-176     [001]', 'text'],
    ['\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0', 'none that kwho knows'],
    ['\x89PNG\r\n\x1a\n', 'none that kwho knows'],
    ['\x89KWR\n\x1a\n\x01\0\0\0\0\0\0\0\0', 'a recording whose first bytes were changed'],
    ['\x89KWR\r\r\n\x1a\r\n\x01\0\0\0', 'a recording whose first bytes were changed'],
    ['\xef\xbf\xbdKWR\r\n\x1a\n\x01\0\0\0', 'a recording whose first bytes were changed'],
  ])('%j is %s', (bytes, what) => {
    expect(() => readerOf(Buffer.from(bytes, 'latin1'))).toThrow(
      expect.objectContaining({
        code: 'recording-foreign',
        message: `expected a recording of kwho; the file is ${what}`,
      }),
    );
  });

  it('says how to read them', () => {
    expect(() => readerOf(Buffer.from('PERFILE2'))).toThrow(
      expect.objectContaining({ hint: 'perf script -i FILE | kwho replay -' }),
    );
  });

  it('one of a newer version', () => {
    const file = Buffer.concat([fileHead(2), PARTS[1]!]);
    expect(() => readerOf(file)).toThrow(
      expect.objectContaining({
        name: 'RecordingError',
        code: 'recording-version',
        message: 'the recording has version 2 of the format, expected 1',
      }),
    );
  });

  it('one that ends in its head', () => {
    expect(() => readerOf(fileHead().subarray(0, 11))).toThrow(
      expect.objectContaining({
        code: 'recording-cut-off',
        message: 'the recording has 11 bytes, expected 16 or more',
      }),
    );
  });
});

describe('whatever the bytes', () => {
  const piece = fc.integer({ min: 1, max: 5000 });

  /** The blocks, or the RecordingError; anything else fails the test. */
  function attempt(file: Uint8Array, most: number): ReturnType<typeof readAll> | null {
    try {
      const reader = readerOf(file, most);
      const blocks = readAll(reader);
      expect(reader.damage.every(({ at }) => at >= 0 && at <= file.length)).toBe(true);
      return blocks;
    } catch (error) {
      if (error instanceof RecordingError) return null;
      throw error;
    }
  }

  it('noise is refused, or gives nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), piece, (bytes, headed, most) => {
        const file = headed ? Buffer.concat([fileHead(), bytes]) : bytes;
        expect(attempt(file, most) ?? []).toEqual([]);
      }),
    );
  });

  it('every bit of a recording may flip: the other chunks are all there', () => {
    for (let bit = 0; bit < FILE.length * 8; bit++) {
      const file = Buffer.from(FILE);
      file[bit >> 3]! ^= 1 << (bit & 7);
      const blocks = attempt(file, 4096);
      const hit = STARTS.findIndex((start) => bit >> 3 < start);
      if (blocks === null) expect(bit >> 3).toBeLessThan(8);
      else expect(blocks).toEqual(CHUNKS.filter((_, index) => index !== hit - 1).flat());
    }
  });

  it('every truncation leaves every whole chunk', () => {
    for (let length = 0; length < FILE.length; length++) {
      const blocks = attempt(FILE.subarray(0, length), 4096);
      if (blocks === null) expect(length).toBeLessThan(16);
      else expect(blocks).toEqual(CHUNKS.filter((_, index) => length >= STARTS[index + 1]!).flat());
    }
  });

  it('bytes may be lost or put in anywhere behind the head', () => {
    const edit = fc.record({
      at: fc.integer({ min: 16, max: FILE.length }),
      remove: fc.integer({ min: 0, max: 60 }),
      insert: fc.uint8Array({ maxLength: 60 }),
    });
    fc.assert(
      fc.property(edit, piece, ({ at, remove, insert }, most) => {
        const end = Math.min(at + remove, FILE.length);
        const file = Buffer.concat([FILE.subarray(0, at), insert, FILE.subarray(end)]);
        const untouched = CHUNKS.filter((_, index) => end <= STARTS[index]! || at >= STARTS[index + 1]!);
        const blocks = attempt(file, most);
        for (const expected of untouched.flat()) expect(blocks).toContainEqual(expected);
      }),
    );
  });

  it('a payload with valid checksums may hold anything', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 60 }),
            fc.nat({ max: 9 }).map((index) => block(sampleBlock(index))),
          ),
        ),
        (parts) => {
          const file = Buffer.concat([fileHead(), chunk(Buffer.concat(parts)), PARTS[1]!]);
          expect(attempt(file, 1000)?.slice(-3)).toEqual(CHUNKS[0]);
        },
      ),
    );
  });
});
