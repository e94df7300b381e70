import { spawnSync } from 'node:child_process';
import type { ByteString } from '../decode/trace-record.js';
import { loadLibc } from './libc.js';

/** What one call of syslog(2) gave: its result and the bytes it wrote, or errno's name. */
export type SyslogAnswer = { result: number; bytes: ByteString } | { error: string };

/**
 * Calls syslog(2): through ffi-napi where it is there, else through perl or python3.
 * @param length bytes of the buffer; 0 for none
 * @returns null where nothing here can call it
 */
export function callSyslog(action: number, length = 0): SyslogAnswer | null {
  const libc = loadLibc();
  if (typeof libc !== 'string') {
    const buffer = Buffer.alloc(Math.max(length, 1));
    const result = libc.klogctl(action, length === 0 ? null : buffer, length);
    // errno is not to be had through ffi-napi: a script says why.
    if (result >= 0)
      return { result, bytes: buffer.toString('latin1', 0, length === 0 ? 0 : Math.min(result, length)) };
  }
  for (const [program, flag, script] of SCRIPTS) {
    const { status, stdout, error } = spawnSync(
      program,
      [flag, script, String(action), String(length), String(NUMBER)],
      { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'latin1', maxBuffer: 64 << 20, timeout: 5000 },
    );
    const end = stdout?.indexOf('\n') ?? -1;
    if (error !== undefined || status !== 0 || end === -1) continue;
    const [result, errno] = stdout.slice(0, end).split(' ').map(Number);
    if (result === undefined || errno === undefined) continue;
    return result < 0
      ? { error: ERRORS.get(errno) ?? `error ${errno}` }
      : { result, bytes: stdout.slice(end + 1) };
  }
  return null;
}

/** syslog(2)'s number here: asm-generic/unistd.h rules where no table of the machine's own does. */
const NUMBER = ['arm64', 'riscv64', 'loong64'].includes(process.arch) ? 116 : 103;

/** Both print `result errno`, a newline, and what is in the buffer. Python, slow to start, calls the library. */
const SCRIPTS: readonly [string, string, string][] = [
  [
    'perl',
    '-e',
    `my ($a, $n, $call) = @ARGV; my $b = "\\0" x ($n || 1);
my $r = syscall(0 + $call, 0 + $a, $n ? $b : 0, 0 + $n);
print $r, ' ', 0 + $!, "\\n", $r > 0 && $n ? substr($b, 0, $r) : ''`,
  ],
  [
    'python3',
    '-c',
    `import ctypes,sys
c=ctypes.CDLL(None,use_errno=True);n=int(sys.argv[2]);b=ctypes.create_string_buffer(max(n,1))
r=c.klogctl(int(sys.argv[1]),b if n else None,n)
sys.stdout.buffer.write(b'%d %d\\n'%(r,ctypes.get_errno()));r>0 and n and sys.stdout.buffer.write(b.raw[:r])`,
  ],
];

const ERRORS = new Map([
  [1, 'EPERM'],
  [13, 'EACCES'],
  [14, 'EFAULT'],
  [22, 'EINVAL'],
  [38, 'ENOSYS'],
]);

/** syslog(2)'s actions that kwho why calls; none of them changes anything. */
export const READ_ALL = 3;
export const SIZE_UNREAD = 9;
export const SIZE_BUFFER = 10;
