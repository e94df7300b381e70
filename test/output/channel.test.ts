import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Built } from '../built.js';

// Standard output belongs to the process, so each case is one of its own, writing through the compiled channel.
let built: Built;
let folder: string;
const children: ChildProcess[] = [];
beforeAll(() => {
  built = new Built();
}, 120_000);
afterAll(() => built?.remove());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kwho-channel-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Lines enough to fill any pipe several times. */
const LINES = 40_000;
const TEXT = Array.from({ length: LINES }, (_, i) => `line ${i} é\n`).join('');

/** Runs `body` with `out`, the channel; it reports on standard error. */
function run(body: string, stdout: number | 'pipe'): ChildProcess {
  const script = `
    import { openStandardOutput } from ${JSON.stringify(built.file('output/channel.js'))};
    const out = openStandardOutput();
    const say = (what) => process.stderr.write(JSON.stringify(what) + '\\n');
    ${body}
    process.exit();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', stdout, 'pipe'],
  });
  children.push(child);
  return child;
}

const WRITE_ALL = `
  let longest = 0;
  for (let i = 0; i < ${LINES}; i++) {
    const start = performance.now();
    out.write('line ' + i + ' é\\n');
    longest = Math.max(longest, performance.now() - start);
  }
  const waiting = out.backlog;
  say({ longest, waiting });
  await out.drain(15000);
  say({ backlog: out.backlog, closed: out.closed });`;

async function finished(
  child: ChildProcess,
): Promise<{ status: number | null; said: Record<string, number>; errors: string }> {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines = text.split('\n').filter((line) => line !== '');
  const said = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return {
    status,
    said: Object.assign({}, ...said),
    errors: lines.filter((line) => !line.startsWith('{')).join('\n'),
  };
}

/** The writer has said that it is done with writing. */
function written(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.stderr?.once('data', resolve));
}

/** Both ends of a FIFO, opened so that neither open waits. */
function fifo(): { reader: number; writer: number } {
  const path = join(folder, 'fifo');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}

describe('a pipe', () => {
  it('whose reader is slow: nothing blocks, nothing is lost', async () => {
    const { reader, writer } = fifo();
    const child = run(WRITE_ALL, writer);
    closeSync(writer);
    const end = finished(child);
    await written(child);
    const text = await readSlowly(reader);
    const { status, said, errors } = await end;
    expect(errors).toBe('');
    expect(status).toBe(0);
    expect(text).toBe(TEXT);
    expect(said).toMatchObject({ backlog: 0 });
    // The reader had taken nothing yet: all that a pipe does not hold waited, and no write waited for it.
    expect(said.waiting).toBeGreaterThan(Buffer.byteLength(TEXT) / 2);
    expect(said.longest).toBeLessThan(1000);
  });

  it('whose reader has gone: closed, and no error', async () => {
    const { reader, writer } = fifo();
    const child = run(
      "await new Promise((r) => setTimeout(r, 300)); out.write('x'); say({ gone: out.closed ? 1 : 0 }); out.write('y'); await out.drain(1000);",
      writer,
    );
    closeSync(writer);
    closeSync(reader);
    const { status, said, errors } = await finished(child);
    expect({ status, errors, gone: said.gone }).toEqual({ status: 0, errors: '', gone: 1 });
  });

  it('whose reader goes while much is waiting: closed, nothing waits any longer', async () => {
    const { reader, writer } = fifo();
    const child = run(WRITE_ALL, writer);
    closeSync(writer);
    const end = finished(child);
    await written(child);
    closeSync(reader);
    const { status, said, errors } = await end;
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(said).toMatchObject({ backlog: 0, closed: true });
  });

  it('that nobody reads: drain gives up in time', async () => {
    const { reader, writer } = fifo();
    const child = run(`${WRITE_ALL.replace('15000', '200')} say({ done: 1 });`, writer);
    closeSync(writer);
    const { status, said } = await finished(child);
    closeSync(reader);
    expect(status).toBe(0);
    expect(said.done).toBe(1);
    expect(said.backlog).toBeGreaterThan(0);
  });
});

it('a file gets everything at once', async () => {
  const path = join(folder, 'file');
  const fd = openSync(path, 'w');
  const child = run(WRITE_ALL, fd);
  closeSync(fd);
  const { status, said } = await finished(child);
  expect(status).toBe(0);
  expect(said.waiting).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(TEXT);
});

it('a file that others append to is not overwritten', async () => {
  const path = join(folder, 'file');
  const fd = openSync(path, 'a');
  for (const text of ['one', 'two'])
    await finished(run(`out.write('${text}\\n'); await out.drain(1000);`, fd));
  closeSync(fd);
  expect(readFileSync(path, 'latin1')).toBe('one\ntwo\n');
});

it('a full disk is an error, not silence', async () => {
  const fd = openSync('/dev/full', 'w');
  const { status, errors } = await finished(run("out.write('x\\n'); await out.drain(100);", fd));
  closeSync(fd);
  expect(status).not.toBe(0);
  expect(errors).toContain('ENOSPC');
});

it('a socket', async () => {
  const path = join(folder, 'socket');
  let text = '';
  const server = createServer((socket) => socket.setEncoding('utf8').on('data', (chunk) => (text += chunk)));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const connect = `
    import { connect } from 'node:net';
    import { spawn } from 'node:child_process';
    const socket = connect(${JSON.stringify(path)});
    socket.on('connect', () => {
      const body = ${JSON.stringify(`import { openStandardOutput } from 'CHANNEL'; const out = openStandardOutput(); for (let i = 0; i < 1000; i++) out.write('x'.repeat(1000)); await out.drain(5000); process.exit();`)};
      spawn(process.execPath, ['--input-type=module', '-e', body], { stdio: ['ignore', socket, 'inherit'] }).on('close', () => process.exit());
    });`.replace('CHANNEL', built.file('output/channel.js'));
  const child = spawn(process.execPath, ['--input-type=module', '-e', connect], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const { status, errors } = await finished(child);
  await pause(100);
  server.close();
  expect({ status, errors, length: text.length }).toEqual({ status: 0, errors: '', length: 1_000_000 });
});

/** Takes 4 KiB every few milliseconds, then the rest. */
async function readSlowly(fd: number): Promise<string> {
  const chunks: Buffer[] = [];
  for (let rounds = 0; ; rounds++) {
    const buffer = Buffer.alloc(4096);
    const n = readNow(fd, buffer);
    if (n === 0) break;
    if (n > 0) chunks.push(buffer.subarray(0, n));
    if (n < 0 || rounds < 20) await pause(5);
  }
  closeSync(fd);
  return Buffer.concat(chunks).toString('utf8');
}

/** -1 where there is nothing yet, 0 at the end. */
function readNow(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch {
    return -1;
  }
}
