import { elementSize } from './element-size.js';
import type { FieldFormat } from './event-format.js';
import type { FieldValue } from './trace-record.js';

/** The bytes that readers read: the same memory twice, as numbers and as text. */
export interface PageBytes {
  view: DataView;
  text: Buffer;
}

/**
 * Reads one field of the record at `at`, whose bytes end before `end`; undefined where a location points outside
 * the record. The record must have at least recordSize() bytes.
 */
export type FieldReader = (page: PageBytes, at: number, end: number) => FieldValue | undefined;

/** Bytes that a record must have to hold these fields; readers then check nothing but locations. */
export function recordSize(fields: readonly FieldFormat[]): number {
  let size = 0;
  for (const field of fields) size = Math.max(size, field.offset + field.size);
  return size;
}

/**
 * Makes the reader of one field: a closure for exactly its shape, size and sign.
 * @param longSize bytes of the traced kernel's `long`
 */
export function compileField(field: FieldFormat, longSize: number): FieldReader {
  const { offset, size } = field;
  switch (field.shape) {
    case 'integer':
      return integerReader(offset, size, field.signed);
    case 'chars': {
      const read = stringReader();
      if (field.length === null) return (page, at, end) => read(page, at + offset, end);
      return (page, at) => read(page, at + offset, at + offset + size);
    }
    case 'array': {
      const element = field.length === null ? elementSize(field.type, longSize) : size / (field.length || 1);
      const read = arrayReader(element, field.signed);
      if (field.length === null) return (page, at, end) => read(page, at + offset, end);
      return (page, at) => read(page, at + offset, at + offset + size);
    }
    default:
      return locationReader(field, longSize);
  }
}

/** Integers up to 2^53 are numbers, beyond they are bigint. A size no integer has reads as 0. */
function integerReader(offset: number, size: number, signed: boolean): FieldReader {
  if (size === 8)
    return signed
      ? (page, at) => int64(page.view, at + offset)
      : (page, at) => uint64(page.view, at + offset);
  if (size === 4) {
    if (signed) return (page, at) => page.view.getInt32(at + offset, true);
    return (page, at) => page.view.getUint32(at + offset, true);
  }
  if (size === 2) {
    if (signed) return (page, at) => page.view.getInt16(at + offset, true);
    return (page, at) => page.view.getUint16(at + offset, true);
  }
  if (signed) return (page, at) => page.view.getInt8(at + offset);
  return (page, at) => page.view.getUint8(at + offset);
}

function uint64(view: DataView, at: number): number | bigint {
  const high = view.getUint32(at + 4, true);
  return high < 0x20_0000 ? high * 2 ** 32 + view.getUint32(at, true) : view.getBigUint64(at, true);
}

function int64(view: DataView, at: number): number | bigint {
  const high = view.getInt32(at + 4, true);
  if (high >= -0x20_0000 && high < 0x20_0000) return high * 2 ** 32 + view.getUint32(at, true);
  return view.getBigInt64(at, true);
}

type RangeReader<T> = (page: PageBytes, from: number, to: number) => T;

/** Text up to its first NUL. The same names come again and again: the last one is compared before one is made. */
function stringReader(): RangeReader<string> {
  let last = '';
  return ({ text }, from, to) => {
    let index = from;
    while (index < to && index - from < last.length && text[index] === last.charCodeAt(index - from))
      index += 1;
    const matches = index - from === last.length;
    while (index < to && text[index] !== 0) index += 1;
    if (matches && index - from === last.length) return last;
    last = text.toString('latin1', from, index);
    return last;
  };
}

function arrayReader(element: number, signed: boolean): RangeReader<FieldValue[]> {
  const whole = element === 2 || element === 4 || element === 8 ? element : 1;
  const read = integerReader(0, whole, signed);
  return (page, from, to) => {
    const values: FieldValue[] = [];
    for (let at = from; at + whole <= to; at += whole) values.push(read(page, at, to) ?? null);
    return values;
  };
}

/**
 * `__data_loc` and `__rel_loc`: the low 16 bits tell where, the high 16 how many bytes
 * (include/trace/stages/stage4_event_fields.h; kernel/trace/trace_probe.h make_data_loc()). A text of no bytes, not
 * even its NUL, is what the kernel could not read.
 */
function locationReader(field: FieldFormat, longSize: number): FieldReader {
  const { offset, length } = field;
  const relative = field.shape === 'rel-loc';
  const isText = /\bchar\b/.test(field.type) && !field.type.includes('unsigned');
  const readText = stringReader();
  const readArray = arrayReader(elementSize(field.type, longSize), field.signed);

  function readOne(page: PageBytes, at: number, word: number, end: number): FieldValue | undefined {
    const location = page.view.getUint32(word, true);
    const bytes = location >>> 16;
    const from = (relative ? word + 4 : at) + (location & 0xffff);
    if (from + bytes > end) return undefined;
    if (isText) return bytes === 0 ? null : readText(page, from, from + bytes);
    return readArray(page, from, from + bytes);
  }

  if (length === null) return (page, at, end) => readOne(page, at, at + offset, end);
  return (page, at, end) => {
    const values: FieldValue[] = [];
    for (let index = 0; index < length; index += 1) {
      const value = readOne(page, at, at + offset + index * 4, end);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  };
}
