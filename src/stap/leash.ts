import type { Readable } from 'node:stream';
import type { ByteString } from '../decode/trace-record.js';

export interface Leashed {
  /** Of the program itself; its children are in its process group. */
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when the program is gone and its output has been read. Never rejects. */
  readonly ended: Promise<LeashedEnd>;
  /** To the program and its children, as far as they are there. */
  signal(name: NodeJS.Signals): void;
}

export type LeashedEnd =
  | { outcome: 'done'; status: number }
  | { outcome: 'killed'; signal: string }
  | { outcome: 'missing' }
  | { outcome: 'failed'; why: string };

export interface LeashOptions {
  /** Given to the program's standard input; it has none otherwise. */
  input?: ByteString;
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  /** A folder that is removed where kwho is gone before the program is; else that is kwho's own task. */
  scratch?: string;
}

/**
 * Starts a program that ends with kwho, however kwho ends: a shell beside it waits for the end of a pipe that nobody
 * but kwho holds, and then ends the program's process group. A terminal's Ctrl-C does not reach it; kwho decides.
 */
export async function startOnLeash(
  program: string,
  args: readonly string[],
  { input, cwd, env, scratch = '' }: LeashOptions = {},
): Promise<Leashed> {
  const { execa } = await import('execa');
  const child = execa('/bin/sh', ['-c', LEASH, 'sh', scratch, program, ...args], {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: searchPath(), LC_ALL: 'C', ...env },
    encoding: 'buffer',
    buffer: false,
    detached: true,
    cleanup: false,
    reject: false,
  });
  // What becomes of it is told by its events; the promise would also wait for the leash.
  child.catch(() => {});
  const { stdout, stderr } = child as { stdout: Readable; stderr: Readable };
  const leash = child.stdio[3] as unknown as Readable;
  leash.on('error', () => {});
  if (input !== undefined) {
    child.stdin?.on('error', () => {});
    child.stdin?.end(Buffer.from(input, 'utf8'));
  }
  const ended = new Promise<LeashedEnd>((resolve) => {
    child.once('error', (error: Error) => resolve({ outcome: 'failed', why: error.message }));
    child.once('exit', (status: number | null, signal: string | null) => {
      leash.destroy();
      const end: LeashedEnd =
        status === null
          ? { outcome: 'killed', signal: String(signal) }
          : status === NOT_FOUND
            ? { outcome: 'missing' }
            : { outcome: 'done', status };
      Promise.all([read(stdout), read(stderr)]).then(() => resolve(end));
    });
  });
  const pid = child.pid ?? 0;
  return {
    pid,
    stdout,
    stderr,
    ended,
    signal: (name) => {
      try {
        if (pid > 0) process.kill(-pid, name);
      } catch {
        // It is gone.
      }
    },
  };
}

/** What a shell says of a program that is not there. */
const NOT_FOUND = 127;

/**
 * The program takes the shell's own place, so that kwho is its parent. Its number cannot be given to another process
 * meanwhile: the shell that waits is in the group of that number. One that does not end in time is killed. What is dead
 * and was not fetched by its parent (a container's first process may never do that) is gone.
 */
const LEASH = `scratch=$1
shift
alive() {
  kill -0 "$1" || return 1
  read -r stat <"/proc/$1/stat" || return 0
  case $stat in *') Z '*) return 1 ;; esac
}
tidy() {
  [ -z "$scratch" ] || alive $PPID || rm -rf -- "$scratch"
}
(
  trap '' TERM INT HUP QUIT
  read -r _ <&3
  kill -TERM -$$
  seconds=0
  while [ $seconds -lt 120 ]; do
    sleep 1
    alive $$ || { tidy; exit; }
    seconds=$((seconds + 1))
  done
  tidy
  kill -KILL -$$
) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** Administrators' programs are not on everybody's path. */
export function searchPath(): string {
  const usual = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin';
  const path = process.env.PATH ?? '';
  return path === '' ? usual : `${path}:${usual}`;
}

function read(stream: Readable): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
}
