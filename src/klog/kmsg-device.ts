import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type KmsgRecord, parseKmsgRecord } from '../decode/kmsg-record.js';
import { systemCode, UnavailableError } from '../errors.js';
import { loadLibc } from './libc.js';

/** What one read(2) of /dev/kmsg can give (Documentation/ABI/testing/dev-kmsg). */
export type KmsgRead =
  | { kind: 'record'; record: KmsgRecord; bytes: Uint8Array }
  /** Bytes that are no record. */
  | { kind: 'malformed'; bytes: Uint8Array }
  /** EPIPE: records were overwritten before this reader came to them; the next read goes on at the oldest. */
  | { kind: 'overrun' }
  /** EAGAIN: nothing newer. */
  | { kind: 'end' };

/** An open /dev/kmsg, from the oldest record on, that never blocks. */
export class KmsgDevice {
  readonly #fd: number;
  // The kernel formats a record into 8 KiB at most; a smaller buffer would lose the record.
  readonly #buffer = new Uint8Array(16 * 1024);

  /** @throws the system call's error: EPERM where dmesg_restrict or printk_devkmsg=off forbids it */
  constructor(path = '/dev/kmsg') {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  read(): KmsgRead {
    try {
      const n = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
      // /dev/kmsg never gives nothing; what containers put in its place does.
      if (n === 0) return { kind: 'end' };
      const bytes = this.#buffer.slice(0, n);
      const record = parseKmsgRecord(bytes);
      return record.kind === 'malformed' ? { kind: 'malformed', bytes } : { kind: 'record', record, bytes };
    } catch (error) {
      if (systemCode(error) === 'EPIPE') return { kind: 'overrun' };
      if (systemCode(error) === 'EAGAIN') return { kind: 'end' };
      throw error;
    }
  }

  get fd(): number {
    return this.#fd;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const SEEK_DATA = 3;

/**
 * The first record after the last clear: what `dmesg` shows first. A clear erases nothing, it moves a marker, and
 * SEEK_DATA goes to that marker. Node has no lseek(2), so ffi-napi does it, else perl or python3.
 * @throws UnavailableError where none of them can
 */
export function readFirstVisible(path = '/dev/kmsg'): KmsgRead {
  const libc = loadLibc();
  if (typeof libc === 'string') return readByScript(path, libc);
  const device = new KmsgDevice(path);
  try {
    if (Number(libc.lseek(device.fd, 0, SEEK_DATA)) !== -1) return device.read();
  } finally {
    device.close();
  }
  return readByScript(path, 'lseek(2) failed');
}

/** Each prints the record and exits 0, or exits with 64 plus the error number of its read. */
const SCRIPTS: readonly [string, string[]][] = [
  [
    'perl',
    [
      '-e',
      'sysopen(F,$ARGV[0],2048) && sysseek(F,0,3) or exit 1; defined(sysread(F,$b,16384)) or exit 64+$!; print $b',
    ],
  ],
  [
    'python3',
    [
      '-c',
      'import os,sys\nf=os.open(sys.argv[1],2048)\nos.lseek(f,0,3)\ntry: os.write(1,os.read(f,16384))\nexcept OSError as e: sys.exit(64+e.errno)',
    ],
  ],
];

const EAGAIN = 11;
const EPIPE = 32;

function readByScript(path: string, reason: string): KmsgRead {
  for (const [program, args] of SCRIPTS) {
    const { status, stdout, error } = spawnSync(program, [...args, path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (error !== undefined) continue;
    if (status === 64 + EAGAIN) return { kind: 'end' };
    if (status === 64 + EPIPE) return { kind: 'overrun' };
    if (status !== 0) continue;
    const record = parseKmsgRecord(stdout);
    return record.kind === 'malformed'
      ? { kind: 'malformed', bytes: stdout }
      : { kind: 'record', record, bytes: stdout };
  }
  throw new UnavailableError(
    `cannot tell whether the log was cleared: ${reason}, and neither perl nor python3 is there`,
    {
      code: 'no-lseek',
      hint: 'install a C compiler and run npm rebuild ffi-napi, or install perl',
    },
  );
}
