import { ancestor, decimal, type FieldReader, hex, pointer, pointers, text, words } from './stap-field.js';
import { unescapeStapText } from './stap-text.js';
import type { ByteString, EventRecord, Fields, FieldValue } from './trace-record.js';

/** Version of the lines that probes/drops.stp and probes/log.stp print. */
export const STAP_PROTOCOL = 1;

/** A script's first line: which one it is, and what was filled in when it was made. */
export interface StapHeader {
  kind: 'begin';
  version: number;
  /** `drops` or `log`. */
  script: string;
  release: ByteString;
  time: number | null;
  /** Single drops, rather than counts. */
  events: boolean;
  /** Return addresses told of each drop or call; 0 for none. */
  stackDepth: number;
  /** It looks at some drops only: at those of an interface, a reason, a host. */
  narrow: boolean;
}

/** What one line says. */
export type StapLine =
  | StapHeader
  | EventRecord
  /** `seen`: drops or calls that the script took up; `missed`: those of them it could not tell of. */
  | { kind: 'end'; time: number; seen: number; missed: number }
  /** `why` goes on from "a line of a SystemTap script …". */
  | { kind: 'wrong'; why: string };

/**
 * One line of a script, without its newline.
 *
 * A `drop` becomes an event with the field names of the probe on the tracepoint (tracefs/drop-probe.ts), so that what
 * reads one reads the other; its `stack` is a list of addresses. A `count` becomes `drop_count`, with `count`, `bytes`,
 * `from` and `to`. A `call` or `return` of a door of the log becomes `in_SYMBOL` or `out_SYMBOL`, as the probes on doors
 * are named (tracefs/door-probes.ts), with `argv` and `parents` ([pid, name] each, nearest first). Fields of other names
 * are those of a later version and passed over.
 */
export function parseStapLine(line: ByteString): StapLine {
  const cells = line.split('\t');
  if (cells.length < 2 || cells.at(-1) !== '.') return wrong('has no dot at its end: it was cut');
  const kind = cells[0]!;
  if (kind === 'kwho') return beginOf(cells);
  const reader = KINDS.get(kind);
  if (reader === undefined) return wrong('begins with no kind of record');
  const [time, cpu, tid] = [1, 2, 3].map((at) => decimal(cells[at] ?? ''));
  const comm = unescapeStapText(cells[4] ?? '\t');
  if (typeof time !== 'number' || typeof cpu !== 'number' || typeof tid !== 'number' || comm === null)
    return wrong('has no time, CPU, thread and name');
  const first = reader.door === undefined ? 5 : 6;
  const fields = fieldsOf(cells.slice(first, -1), reader.fields);
  if (typeof fields === 'string') return wrong(`has a bad field: ${fields}`);
  if (kind === 'end') return endOf(time, fields);
  const name = reader.door === undefined ? reader.name : doorName(reader.door, cells[5]);
  if (name === null) return wrong('names no function');
  return { kind: 'event', time, cpu, tid, comm, name, fields };
}

/** The name of the event that a call or return of a function becomes: `in_do_syslog_part_0`. */
export function stapEventName(kind: 'call' | 'return', symbol: string): string {
  return (kind === 'call' ? 'in_' : 'out_') + symbol.replace(/\W/g, '_');
}

interface Kind {
  name: string;
  /** What an event's name begins with, where the record is of a function, which is named in the sixth cell. */
  door?: 'in_' | 'out_';
  fields: ReadonlyMap<string, FieldReader>;
}

const DROP_FIELDS = new Map<string, FieldReader>([
  ['loc', pointer],
  ['reason', decimal],
  ['proto', hex],
  ['len', decimal],
  ['devp', pointer],
  ['dev', text],
  ['ifindex', decimal],
  ['netns', decimal],
  ['sk', pointer],
  ['sknet', decimal],
  ['rxsk', pointer],
  ['rxnet', decimal],
  ['mh', decimal],
  ['nh', decimal],
  ['th', decimal],
  ['head', pointer],
  ['data', pointer],
  ['tail', decimal],
  ['pt', decimal],
  ['bytes', words],
  ['stack', pointers],
]);

const KINDS = new Map<string, Kind>([
  ['drop', { name: 'drop', fields: DROP_FIELDS }],
  [
    'count',
    {
      name: 'drop_count',
      fields: new Map<string, FieldReader>([
        ...DROP_FIELDS,
        ['from', decimal],
        ['to', decimal],
        ['count', decimal],
        ['bytes', decimal],
      ]),
    },
  ],
  [
    'call',
    {
      name: '',
      door: 'in_',
      fields: new Map<string, FieldReader>([
        ['pid', decimal],
        ['uid', decimal],
        ['type', decimal],
        ['buf', pointer],
        ['len', decimal],
        ['source', decimal],
        ['offset', decimal],
        ['whence', decimal],
        ['a', text],
        ['cut', decimal],
        ['p', ancestor],
        ['stack', pointers],
      ]),
    },
  ],
  ['return', { name: '', door: 'out_', fields: new Map([['ret', decimal]]) }],
  [
    'end',
    {
      name: 'end',
      fields: new Map([
        ['seen', decimal],
        ['missed', decimal],
      ]),
    },
  ],
]);

/** Fields that a record has several of become one list. */
const LISTS = new Map([
  ['a', 'argv'],
  ['p', 'parents'],
]);

/** @returns the first cell that cannot be read, in a few words */
function fieldsOf(cells: readonly ByteString[], readers: ReadonlyMap<string, FieldReader>): Fields | string {
  const fields: Fields = {};
  const lists = new Map<string, FieldValue[]>();
  for (const cell of cells) {
    const at = cell.indexOf('=');
    const name = at < 0 ? '' : cell.slice(0, at);
    if (!/^[a-z][a-z0-9_]*$/.test(name)) return 'one without a name';
    const read = readers.get(name);
    if (read === undefined) continue;
    const value = read(cell.slice(at + 1));
    const list = LISTS.get(name);
    if (value === null || (list === undefined && fields[name] !== undefined)) return name;
    if (list === undefined) fields[name] = value;
    else lists.set(list, [...(lists.get(list) ?? []), value]);
  }
  for (const [name, values] of lists) fields[name] = values;
  return withPacketBytes(fields);
}

/** The probe has the first bytes of the buffer in two fields: an event field has at most 64 elements. */
function withPacketBytes(fields: Fields): Fields {
  const { bytes, ...others } = fields;
  if (!Array.isArray(bytes)) return fields;
  return { ...others, h0: bytes.slice(0, FIRST_WORDS), h1: bytes.slice(FIRST_WORDS) };
}

const FIRST_WORDS = 64;

function doorName(prefix: 'in_' | 'out_', symbol: string | undefined): string | null {
  return symbol !== undefined && /^[A-Za-z_][\w.]*$/.test(symbol)
    ? stapEventName(prefix === 'in_' ? 'call' : 'return', symbol)
    : null;
}

function beginOf(cells: readonly ByteString[]): StapLine {
  const version = decimal(cells[1] ?? '');
  const script = cells[2] ?? '';
  if (typeof version !== 'number' || !/^[a-z]+$/.test(script)) return wrong('is no header');
  const fields = fieldsOf(cells.slice(3, -1), HEADER_FIELDS);
  if (typeof fields === 'string') return wrong(`is a header with a bad field: ${fields}`);
  const { release, time, events, stack, narrow } = fields;
  return {
    kind: 'begin',
    version,
    script,
    release: typeof release === 'string' ? release : '',
    time: typeof time === 'number' ? time : null,
    events: events === 1,
    stackDepth: typeof stack === 'number' ? stack : 0,
    narrow: narrow === 1,
  };
}

const HEADER_FIELDS = new Map<string, FieldReader>([
  ['release', text],
  ['time', decimal],
  ['events', decimal],
  ['stack', decimal],
  ['narrow', decimal],
]);

function endOf(time: number, { seen, missed }: Fields): StapLine {
  if (typeof seen !== 'number' || typeof missed !== 'number') return wrong('is an end without its counts');
  return { kind: 'end', time, seen, missed };
}

function wrong(why: string): StapLine {
  return { kind: 'wrong', why };
}
