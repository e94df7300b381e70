import { type Dialect, readForeignHead } from './foreign-head.js';
import { recogniseForeign } from './recording-foreign.js';
import { RECORDING_MAGIC } from './recording-layout.js';
import type { ByteString } from './trace-record.js';

/** What kwho can replay; or in words that complete "the file is …" why it cannot, and what to do about it. */
export type RecordingKind = 'kwho' | 'trace-pipe' | Dialect | { problem: string; hint: string | undefined };

/**
 * Tells from a file's beginning what wrote it. Text is known by its first line that can be told: the three kinds share
 * neither columns nor heads.
 * @param head some kilobytes, or the whole file where it is shorter
 */
export function sniffRecording(head: Uint8Array): RecordingKind {
  if (RECORDING_MAGIC.every((byte, index) => head[index] === byte)) return 'kwho';
  const { what, hint } = recogniseForeign(head);
  if (what !== 'text') return { problem: what, hint };
  const lines = Buffer.from(head).toString('latin1').split('\n');
  for (const line of lines.slice(0, MOST_LINES)) {
    const kind = kindOf(line);
    if (kind !== null) return kind;
  }
  return {
    problem: 'text, but neither of trace_pipe nor of trace-cmd report or perf script',
    hint: 'pass what they print on as it is: no other columns, no colours',
  };
}

function kindOf(line: ByteString): 'trace-pipe' | Dialect | null {
  if (TRACE_FILE.test(line)) return 'trace-pipe';
  if (TRACE_CMD.test(line)) return 'trace-cmd';
  if (PERF.test(line)) return 'perf-script';
  const head = readForeignHead(line, 'trace-cmd');
  if (head !== null) return TRACE_CMD_EVENT.test(head.rest) ? 'trace-cmd' : 'trace-pipe';
  return readForeignHead(line, 'perf-script') === null ? null : 'perf-script';
}

const MOST_LINES = 200;
/** `# tracer: nop`, as the `trace` file begins. */
const TRACE_FILE = /^# (?:tracer: |entries-in-buffer\/)/;
const TRACE_CMD = /^(?:version = \d+|cpus=\d+|CPU \d+ is empty)$/;
const PERF = /^# (?:captured on|perf version|cmdline) ?: /;
/** Where the kernel's own text has one blank behind a name, or no name. */
const TRACE_CMD_EVENT = /^[\w.-]+: {2}|^(?:sys_enter_\w+|sys_exit_\w+|function): /;
