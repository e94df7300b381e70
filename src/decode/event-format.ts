import { KwhoError } from '../errors.js';
import { elementSize } from './element-size.js';

/**
 * The layout of one event as its `format` file in tracefs declares it (Documentation/trace/events.rst, "Event
 * formats"; written by kernel/trace/trace_events.c f_show()).
 */
export interface EventFormat {
  id: number;
  name: string;
  /** Own fields first to last, without the `common_` ones. */
  fields: readonly FieldFormat[];
  common: readonly FieldFormat[];
  /** The `print fmt:` line without its label: the format string and its arguments as C text. */
  printFormat: string;
}

export interface FieldFormat {
  name: string;
  /** The C type as printed, without the name: `unsigned long`, `__data_loc char[]`. */
  type: string;
  offset: number;
  size: number;
  signed: boolean;
  /** `data-loc`: 32 bits of offset and length from the start of the record; `rel-loc`: from the end of the field. */
  shape: 'integer' | 'chars' | 'array' | 'data-loc' | 'rel-loc';
  /** Number of elements of an array; null where only the record's end bounds it (`caller[]`, `buf[]`). */
  length: number | null;
}

/** A `format` or `header_page` file that is not what this code knows how to read; the message quotes the line. */
export class FormatError extends KwhoError {
  override readonly name = 'FormatError';
}

/**
 * Reads one `events/GROUP/NAME/format` file.
 * @throws FormatError `event-format-invalid`: names the line that is wrong or says which one is missing.
 */
export function parseEventFormat(text: string): EventFormat {
  const lines = text.split('\n');
  let name: string | undefined;
  let id: number | undefined;
  let printFormat: string | undefined;
  const common: FieldFormat[] = [];
  const fields: FieldFormat[] = [];
  let block: FieldFormat[] | undefined;

  for (const [index, line] of lines.entries()) {
    if (line.startsWith('\tfield:')) {
      if (block === undefined) throw wrongLine(index, line, 'a field comes before "format:"');
      block.push(parseField(line, index));
    } else if (line.startsWith('name: ')) {
      name = line.slice('name: '.length);
    } else if (line.startsWith('ID: ')) {
      id = parseNumber(line.slice('ID: '.length), index, line);
    } else if (line === 'format:') {
      block = common;
    } else if (line.startsWith('print fmt:')) {
      printFormat = lines.slice(index).join('\n').slice('print fmt:'.length).trim();
      break;
    } else if (line !== '') {
      throw wrongLine(index, line, 'expected "name:", "ID:", "format:", a field or "print fmt:"');
    } else if (block !== undefined) {
      // The kernel ends the common fields with an empty line, also where the event has no field of its own.
      block = fields;
    }
  }
  if (!name) throw missingLine('name:');
  if (id === undefined) throw missingLine('ID:');
  if (block === undefined) throw missingLine('format:');
  return { id, name, fields, common, printFormat: printFormat ?? '' };
}

/**
 * Reads one tab-indented `field:TYPE NAME;` line; `header_page` has the same ones (with a blank after the colon).
 * @param index line number from 0, for the message
 * @throws FormatError `event-format-invalid`
 */
export function parseField(line: string, index: number): FieldFormat {
  const parts = line.split(';').map((part) => part.trim());
  const declaration = (parts[0] ?? '').slice('field:'.length).trim();
  const { name, type, brackets } = splitDeclaration(declaration);
  if (!isIdentifier(name) || type === '') throw wrongLine(index, line, 'expected "field:TYPE NAME;"');
  const offset = labelled(parts, 'offset:', index, line);
  const size = labelled(parts, 'size:', index, line);
  const signed = labelled(parts, 'signed:', index, line) !== 0;
  return { name, type, offset, size, signed, ...shapeOf(type, size, brackets) };
}

/** `char comm[16]` → `char`, `comm`, `16`; brackets is null where the name has none. */
function splitDeclaration(text: string): { name: string; type: string; brackets: string | null } {
  const open = text.endsWith(']') ? text.lastIndexOf('[') : -1;
  const head = open < 0 ? text : text.slice(0, open).trimEnd();
  const cut = Math.max(head.lastIndexOf(' '), head.lastIndexOf('*')) + 1;
  return {
    name: head.slice(cut),
    type: head.slice(0, cut).trim(),
    brackets: open < 0 ? null : text.slice(open + 1, -1).trim(),
  };
}

function shapeOf(type: string, size: number, brackets: string | null): Pick<FieldFormat, 'shape' | 'length'> {
  if (type.startsWith('__data_loc ') || type.startsWith('__rel_loc ')) {
    const shape = type.startsWith('__data_loc ') ? 'data-loc' : 'rel-loc';
    // Brackets here are a probe's array of strings (`a=+0(%di):string[3]`): one location of 32 bits each.
    return { shape, length: brackets === null ? null : Math.floor(size / 4) };
  }
  if (brackets === null) {
    const whole = size === 1 || size === 2 || size === 4 || size === 8;
    // A structure printed as one field has no size an integer can have: its bytes are all that is known.
    return whole ? { shape: 'integer', length: null } : { shape: 'array', length: size };
  }
  const shape = type === 'char' ? 'chars' : 'array';
  if (size === 0) return { shape, length: null };
  // A probe's array has nothing in its brackets (`u64 hd[]`, size 32), some events have a C expression
  // (`comm[TASK_COMM_LEN]`): the type's own size decides then.
  const count = isDecimal(brackets) ? Number(brackets) : size / elementSize(type, 8);
  return { shape, length: count > 0 && size % count === 0 ? count : size };
}

function labelled(parts: readonly string[], label: string, index: number, line: string): number {
  const part = parts.find((each) => each.startsWith(label));
  if (part === undefined) throw wrongLine(index, line, `"${label}" is missing`);
  return parseNumber(part.slice(label.length), index, line);
}

function parseNumber(text: string, index: number, line: string): number {
  if (!isDecimal(text)) throw wrongLine(index, line, `expected a number, found "${text}"`);
  return Number(text);
}

function isDecimal(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}

function isIdentifier(text: string): boolean {
  return /^[A-Za-z_][\w.]*$/.test(text);
}

function wrongLine(index: number, line: string, why: string): FormatError {
  const shown = line.trim().slice(0, 120);
  return new FormatError(`line ${index + 1} of a tracefs format: ${why}: "${shown}"`, {
    code: 'event-format-invalid',
  });
}

function missingLine(label: string): FormatError {
  return new FormatError(`a tracefs event format without its "${label}" line`, {
    code: 'event-format-invalid',
  });
}
