import type { ByteString } from './trace-record.js';

/** The program that wrote a text: `trace-cmd report` or `perf script`. */
export type Dialect = 'trace-cmd' | 'perf-script';

/** Who, where and when, as a line of such text begins, and the rest of the line. */
export interface ForeignHead {
  comm: ByteString | null;
  tid: number;
  /** -1 where the line does not tell. */
  cpu: number;
  /** Nanoseconds; on a clock that does not count them the clock's own number. */
  time: number;
  rest: ByteString;
}

/**
 * Reads what stands before an event:
 *
 *     `          dmesg-176   [001]     6.110431: sys_enter_syslog:     type: …`     trace-cmd report
 *     `dmesg     176 [001]     6.110431:  syscalls:sys_enter_syslog: type: …`       perf script
 *
 * trace-cmd (libtraceevent tep_print_event()) may print nanoseconds (`-t`), flags (`-l`: `dmesg-176     0...1. 6.110431: `)
 * and in front of all the name of an instance (`kwbuf: `); perf
 * (tools/perf/builtin-script.c perf_sample__fprintf_start()) `pid/tid`, flags, nanoseconds (`--ns`), and may leave out
 * the CPU.
 */
export function readForeignHead(line: ByteString, dialect: Dialect): ForeignHead | null {
  return dialect === 'trace-cmd' ? traceCmdHead(line) : perfHead(line);
}

/** A name may look like another head; where the columns were kept, they tell where it ends. */
function traceCmdHead(line: ByteString): ForeignHead | null {
  const inside = INSTANCE.exec(line)?.[0].length ?? 0;
  const match =
    TRACE_CMD_COLUMNS.exec(line) ??
    (inside === 0 ? null : TRACE_CMD_COLUMNS.exec(line.slice(inside))) ??
    TRACE_CMD_FLAGS.exec(line) ??
    TRACE_CMD.exec(line);
  if (match === null) return null;
  const { name, tid, cpu, whole, fraction } = match.groups!;
  return {
    comm: name === '<...>' ? null : name!,
    tid: Number(tid),
    cpu: Number(cpu),
    time: timeOf(whole!, fraction),
    rest: match.input.slice(match[0].length),
  };
}

/** A name of 15 bytes has no room for a head with a CPU. */
function perfHead(line: ByteString): ForeignHead | null {
  const match = PERF.exec(line) ?? PERF_WITHOUT_CPU.exec(line);
  if (match === null) return null;
  const { name, tid, cpu, whole, fraction } = match.groups!;
  return {
    comm: name!.startsWith(':') ? null : name!,
    tid: Number(tid),
    cpu: cpu === undefined ? -1 : Number(cpu),
    time: timeOf(whole!, fraction),
    rest: line.slice(match[0].length),
  };
}

function timeOf(whole: string, fraction: string | undefined): number {
  return fraction === undefined ? Number(whole) : Number(whole) * 1e9 + Number(fraction.padEnd(9, '0'));
}

// Blanks are counted, so that a line of nothing else costs no more than another.
const STAMP = '(?<whole>\\d{1,15})(?:\\.(?<fraction>\\d{6}|\\d{9}))?: ';
const TIME = `(?:[^\\s:]{4,9} {1,32})?${STAMP}`;
const CPU = '\\[(?<cpu>\\d{1,5})\\] {1,32}';
const TRACE_CMD_REST = `-(?<tid>\\d{1,10}) {1,32}(?:\\([ \\d-]{1,12}\\) {1,32})?${CPU}${TIME}`;
const TRACE_CMD_COLUMNS = new RegExp(`^ {0,16}(?<name>.{0,16})(?<=^.{16})${TRACE_CMD_REST}`, 's');
/** The name is in 8 columns or more. */
const TRACE_CMD_FLAGS = new RegExp(
  `^ {0,8}(?<name>.{0,16}?)-(?<tid>\\d{1,10}) {1,32}(?<cpu>\\d{1,5})[^\\s:\\d][^\\s:]{3,8} {1,32}${STAMP}`,
  's',
);
/** For lines that lost the blanks in front. */
const TRACE_CMD = new RegExp(`^ {0,32}(?<name>.{0,32}?)${TRACE_CMD_REST}`, 's');
const INSTANCE = /^ {0,64}[\w.-]{1,64}: /;
const PERF_WHO = '^ {0,32}(?<name>.{0,32}?) {1,32}(?:-?\\d{1,10}/)?(?<tid>-?\\d{1,10}) {1,32}';
const PERF = new RegExp(`${PERF_WHO}${CPU}${TIME}`, 's');
const PERF_WITHOUT_CPU = new RegExp(`${PERF_WHO}${TIME}`, 's');
