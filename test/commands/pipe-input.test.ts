import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { PipeInput } from '../../src/commands/pipe-input.js';

function read(input: PipeInput, most = 100): string {
  const into = new Uint8Array(most);
  return Buffer.from(into.subarray(0, input.read(into))).toString();
}

it('gives what came, in pieces that fit, and then the end', async () => {
  const stream = new PassThrough();
  const input = new PipeInput(stream);
  expect(input.isReady).toBe(false);
  expect(read(input)).toBe('');
  stream.write('a line\n');
  await input.ready(10_000);
  expect([read(input, 4), read(input, 4)]).toEqual(['a li', 'ne\n']);
  expect(input.isReady).toBe(false);
  stream.end('the last');
  await input.ready(10_000);
  expect(read(input)).toBe('the last');
  await input.ready(10_000);
  expect([input.isReady, read(input)]).toEqual([true, '']);
});

it('waits no longer than it is told to', async () => {
  const input = new PipeInput(new PassThrough());
  await input.ready(1);
  expect(input.isReady).toBe(false);
});

it('tells of an error behind what came before it', async () => {
  const stream = new PassThrough();
  const input = new PipeInput(stream);
  stream.write('before');
  await input.ready(10_000);
  expect(input.isReady).toBe(true);
  stream.destroy(new Error('read EIO'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(read(input)).toBe('before');
  expect(() => read(input)).toThrow('read EIO');
});
