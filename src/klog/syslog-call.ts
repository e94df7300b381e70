import { spawnSync } from 'node:child_process';
import { getSystemErrorName } from 'node:util';
import type { ByteString } from '../decode/trace-record.js';
import { ACTIONS, type SyslogAction } from './klogctl.js';
import { loadLibc } from './libc.js';

/** What one call of syslog(2) gave: its result and the bytes it wrote, or errno's name. */
export type SyslogAnswer = { result: number; bytes: ByteString } | { error: string };

/**
 * Calls syslog(2): through ffi-napi where it is there, else through perl or python3.
 * @param length bytes of the buffer; 0 for none
 * @returns null where nothing here can call it
 */
export function callSyslog(action: SyslogAction, length = 0): SyslogAnswer | null {
  const libc = loadLibc();
  if (typeof libc !== 'string') {
    const buffer = Buffer.alloc(Math.max(length, 1));
    const result = libc.klogctl(ACTIONS[action], length === 0 ? null : buffer, length);
    if (result < 0) return { error: getSystemErrorName(-libc.errno()) };
    return { result, bytes: buffer.toString('latin1', 0, length === 0 ? 0 : Math.min(result, length)) };
  }
  for (const [program, flag, script] of SCRIPTS) {
    const { status, stdout, error } = spawnSync(
      program,
      [flag, script, String(ACTIONS[action]), String(length), String(NUMBER)],
      { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'latin1', maxBuffer: 64 << 20, timeout: 5000 },
    );
    const end = stdout?.indexOf('\n') ?? -1;
    if (error !== undefined || status !== 0 || end === -1) continue;
    const [result, errno] = stdout.slice(0, end).split(' ').map(Number);
    if (result === undefined || errno === undefined) continue;
    return result < 0 ? { error: getSystemErrorName(-errno) } : { result, bytes: stdout.slice(end + 1) };
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
