import type { ByteString, EventRecord, FieldValue } from '../decode/trace-record.js';

/** What a thread passed to execve(2), as the events `exec0… exec1… exec2…` fetched it, in whatever order they came. */
export interface ExecAttempt {
  file: ByteString | null;
  /** Arguments by the number of the event. */
  parts: (readonly Word[] | undefined)[];
}

export interface CommandLine {
  /** A word that is null is empty or could not be read; the whole is null where nothing is known. */
  args: readonly (ByteString | null)[] | null;
  /** The list goes on behind the last argument known. */
  cut: boolean;
}

/** A string, null for one that gave nothing, or the end of the list. */
type Word = ByteString | null | typeof END;
const END = Symbol('end of the arguments');

/** Adds one event to the attempt it belongs to: a part that came before begins the next attempt. */
export function noteExec(previous: ExecAttempt | null, { name, fields }: EventRecord): ExecAttempt {
  const part = Number(name.charAt('exec'.length));
  const attempt =
    previous === null || previous.parts[part] !== undefined ? { file: null, parts: [] } : previous;
  const words: Word[] = [];
  for (const field in fields) {
    const value = fields[field];
    const text = typeof value === 'string' ? value : null;
    if (field === 'f') attempt.file = text;
    else if (field.startsWith('a')) words.push(text ?? (isNull(fields[`p${field.slice(1)}`]) ? END : null));
  }
  attempt.parts[part] = words;
  return attempt;
}

function isNull(pointer: FieldValue | undefined): boolean {
  return pointer === 0 || pointer === undefined;
}

/**
 * The command line as far as it is known. The kernel cannot wait for a page that is not there: a string that stands
 * in such a one gives nothing, and neither does, up to 6.12, an empty one.
 */
export function commandLineOf(attempt: ExecAttempt | null): CommandLine {
  const args: (ByteString | null)[] = [];
  for (const words of attempt?.parts ?? []) {
    if (words === undefined || words.length === 0) break;
    for (const word of words) {
      if (word === END) return args[0] === null ? UNKNOWN : { args, cut: false };
      args.push(word);
    }
  }
  return args.length === 0 || args[0] === null ? UNKNOWN : { args, cut: true };
}

const UNKNOWN: CommandLine = { args: null, cut: false };
