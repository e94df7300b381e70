import type { ByteString, MalformedRecord } from './trace-record.js';

/** One message of the kernel log as `/dev/kmsg` delivers it. */
export interface KmsgRecord {
  kind: 'kmsg';
  /** Counts up by one for each message since boot: a gap is what was lost. */
  seq: number;
  /** 0 (emergency) to 7 (debug). */
  level: number;
  /** syslog(3)'s facilities: 0 is the kernel itself, 1 the default of what programs write. */
  facility: number;
  /** Seconds since boot as printk stamps them, to the microsecond. */
  time: number;
  /** `c`: a fragment of a line; `+`: more of it (kernels before 4.10). */
  flags: '-' | 'c' | '+';
  /** Who printed it, with CONFIG_PRINTK_CALLER: a thread, or a CPU outside of any. */
  caller: { kind: 'thread' | 'cpu'; id: number } | null;
  text: ByteString;
  /** `SUBSYSTEM`, `DEVICE` and the like, in order. */
  fields: [name: ByteString, value: ByteString][];
  /** Fields of the prefix that this reader does not know, as they stand. */
  unknown: ByteString[];
}

export type MalformedKmsg = MalformedRecord;

/**
 * Decodes what one read(2) of `/dev/kmsg` returned (Documentation/ABI/testing/dev-kmsg; kernel/printk/printk.c
 * info_print_ext_header() and msg_print_ext_body()): `6,248,1139333,-;text\n SUBSYSTEM=pci\n`, where the kernel wrote
 * backslashes and unprintable bytes as `\x5c`. Unknown prefix fields and flags are tolerated, as the ABI asks.
 */
export function parseKmsgRecord(bytes: Uint8Array): KmsgRecord | MalformedKmsg {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (record.at(-1) !== NEWLINE) return malformed('no newline at the end', record);
  const textEnd = record.indexOf(NEWLINE);
  const semicolon = record.indexOf(SEMICOLON);
  if (semicolon === -1 || semicolon > textEnd) return malformed('no ; before the text', record);

  const [priority, seq, microseconds, flags, ...others] = record.toString('latin1', 0, semicolon).split(',');
  const syslog = decimal(priority);
  const sequence = decimal(seq);
  const stamp = decimal(microseconds);
  if (syslog === null || sequence === null || stamp === null || flags === undefined) {
    return malformed('no priority,sequence,microseconds,flags before the ;', record);
  }
  const fields = parseFields(record, textEnd + 1);
  if (fields === null) return malformed('a line behind the text that begins with no space', record);

  const callers = others.map(parseCaller);
  return {
    kind: 'kmsg',
    seq: sequence,
    level: syslog & 7,
    facility: Math.floor(syslog / 8),
    time: stamp / 1e6,
    flags: flags === 'c' || flags === '+' ? flags : '-',
    caller: callers.find((caller) => caller !== null) ?? null,
    text: unescaped(record, semicolon + 1, textEnd),
    fields,
    unknown: others.filter((_, i) => callers[i] === null),
  };
}

const NEWLINE = 10;
const SPACE = 32;
const SEMICOLON = 59;
const EQUALS = 61;
const BACKSLASH = 92;

function malformed(why: string, record: Buffer): MalformedKmsg {
  return { kind: 'malformed', why, sample: record.toString('latin1', 0, 120) };
}

/** A decimal number that a double holds exactly. */
function decimal(digits: string | undefined): number | null {
  if (digits === undefined || digits === '') return null;
  let value = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return null;
    value = 10 * value + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : null;
}

function parseCaller(field: ByteString): KmsgRecord['caller'] {
  const kind = field.startsWith('caller=T') ? 'thread' : field.startsWith('caller=C') ? 'cpu' : null;
  const id = decimal(field.slice('caller=T'.length));
  return kind === null || id === null ? null : { kind, id };
}

function parseFields(record: Buffer, from: number): KmsgRecord['fields'] | null {
  const fields: KmsgRecord['fields'] = [];
  for (let start = from; start < record.length; ) {
    if (record[start] !== SPACE) return null;
    const end = record.indexOf(NEWLINE, start);
    const equals = record.indexOf(EQUALS, start);
    const nameEnd = equals === -1 || equals > end ? end : equals;
    fields.push([unescaped(record, start + 1, nameEnd), unescaped(record, Math.min(nameEnd + 1, end), end)]);
    start = end + 1;
  }
  return fields;
}

function unescaped(record: Buffer, start: number, end: number): ByteString {
  let backslash = record.indexOf(BACKSLASH, start);
  if (backslash === -1 || backslash >= end) return record.toString('latin1', start, end);
  let text = '';
  let done = start;
  while (backslash !== -1 && backslash + 4 <= end) {
    const code = record[backslash + 1] === 0x78 ? hexByte(record, backslash + 2) : -1;
    if (code !== -1) {
      text += record.toString('latin1', done, backslash) + String.fromCharCode(code);
      done = backslash + 4;
    }
    backslash = record.indexOf(BACKSLASH, code === -1 ? backslash + 1 : done);
  }
  return text + record.toString('latin1', done, end);
}

function hexByte(record: Buffer, at: number): number {
  const high = hexDigit(record[at]!);
  const low = hexDigit(record[at + 1]!);
  return high === -1 || low === -1 ? -1 : 16 * high + low;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
