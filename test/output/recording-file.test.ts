import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordingFile } from '../../src/output/recording-file.js';
import { readAll, readerOf, sampleBlock } from '../decode/recording-builder.js';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kwho-recording-'));
  path = join(folder, 'a.kwho');
});
afterEach(() => rmSync(folder, { recursive: true }));

const BLOCKS = Array.from({ length: 40 }, (_, index) => sampleBlock(index, 1000));

describe('a recording', () => {
  it('holds what was put in, pages of a real ring buffer among it', () => {
    const page = readFileSync(new URL('../fixtures/6.12/C-trace_pipe_raw-page.bin', import.meta.url));
    const blocks = [...BLOCKS, { ...sampleBlock(1), bytes: page }];
    const file = new RecordingFile(path, { flushBytes: 10_000 });
    for (const block of blocks) file.block(block);
    file.close();
    const bytes = readFileSync(path);
    expect(file.bytes).toBe(bytes.length);
    expect(file.problem).toBeNull();
    const reader = readerOf(bytes);
    expect(readAll(reader)).toEqual(blocks);
    expect(reader.damage).toEqual([]);
    expect(chunksOf(bytes)).toBe(5);
  });

  it('is good up to the last flush while it is written', () => {
    const file = new RecordingFile(path);
    expect(readAll(readerOf(readFileSync(path)))).toEqual([]);
    file.block(BLOCKS[0]!);
    file.flush();
    file.block(BLOCKS[1]!);
    expect(readAll(readerOf(readFileSync(path)))).toEqual([BLOCKS[0]]);
    file.flush();
    file.flush();
    expect(readAll(readerOf(readFileSync(path)))).toEqual(BLOCKS.slice(0, 2));
    expect(chunksOf(readFileSync(path))).toBe(2);
    file.close();
    file.close();
    file.block(BLOCKS[2]!);
    file.flush();
    expect(readAll(readerOf(readFileSync(path)))).toEqual(BLOCKS.slice(0, 2));
  });

  it('takes blocks of any size that fits a chunk', () => {
    const large = { ...sampleBlock(1), bytes: Buffer.alloc(40 * 1024 * 1024) };
    const file = new RecordingFile(path);
    file.block(BLOCKS[0]!);
    file.block(large);
    file.block(large);
    file.close();
    expect(readAll(readerOf(readFileSync(path))).map(({ bytes }) => bytes.length)).toEqual([
      1000,
      large.bytes.length,
      large.bytes.length,
    ]);
  });

  it('is for its owner alone', () => {
    new RecordingFile(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('where it cannot be made', () => {
  it('a file that exists is not touched', () => {
    writeFileSync(path, 'precious');
    expect(() => new RecordingFile(path)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: `${path} exists; a recording needs a file of its own`,
      }),
    );
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  it('a link is not followed', () => {
    symlinkSync(join(folder, 'elsewhere'), path);
    expect(() => new RecordingFile(path)).toThrow(`${path} exists`);
    expect(readdirSync(folder)).toEqual(['a.kwho']);
  });

  it('a folder that is not there', () => {
    expect(() => new RecordingFile(join(folder, 'no', 'a.kwho'))).toThrow(
      expect.objectContaining({
        code: 'recording-create',
        message: expect.stringContaining('cannot be created (ENOENT)'),
      }),
    );
  });
});

describe('where writing fails', () => {
  /** Lets the kernel refuse what goes beyond `limit` bytes, after a part of it was taken, as a full disk does. */
  function smallDisk(limit: number): (fd: number, bytes: Uint8Array) => number {
    let room = limit;
    return (fd, bytes) => {
      if (room === 0) {
        const full = openSync('/dev/full', 'w');
        try {
          return writeSync(full, bytes);
        } finally {
          closeSync(full);
        }
      }
      const n = writeSync(fd, bytes, 0, Math.min(room, bytes.length));
      room -= n;
      return n;
    };
  }

  it('the recording ends with its last whole chunk, says so, and nothing throws', () => {
    const file = new RecordingFile(path, { flushBytes: 3000, write: smallDisk(400) });
    for (const block of BLOCKS) file.block(block);
    expect(file.problem).toMatchObject({
      code: 'recording-write',
      message: `${path}: the recording ends here, writing failed (ENOSPC)`,
      hint: 'the disk is full: what was recorded until then can be replayed',
    });
    file.flush();
    file.close();
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(file.bytes);
    const reader = readerOf(bytes);
    const blocks = readAll(reader);
    expect(reader.damage).toEqual([]);
    expect(blocks.length).toBeGreaterThan(2);
    expect(blocks).toEqual(BLOCKS.slice(0, blocks.length));
  });

  it('from the first byte on', () => {
    const file = new RecordingFile(path, { write: smallDisk(0) });
    file.block(BLOCKS[0]!);
    file.close();
    expect(file.problem).toMatchObject({ code: 'recording-write' });
    expect(file.bytes).toBe(0);
  });
});

function chunksOf(bytes: Buffer): number {
  return bytes.toString('latin1').split('\xa7KWC').length - 1;
}
