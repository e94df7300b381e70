import type { EventFormat, FieldFormat } from './event-format.js';
import { argumentOf, type PrintArgument, readString, splitArguments } from './print-argument.js';

/**
 * How trace text prints one event, as steps that a parser follows (see printed-event.ts). The source is the `print
 * fmt` of the event's format file (C text, include/trace/stages/stage3_trace_output.h) for static events. Dynamic
 * probes and system calls declare one too but are printed by code of their own (kernel/trace/trace_kprobe.c
 * print_kprobe_event(), kernel/trace/trace_syscalls.c print_syscall_enter()).
 */
export interface PrintedLayout {
  /** Names of the fields that the text tells, in the order of the format file. */
  fields: readonly { name: string /** Elements of an array. */; length: number | null }[];
  /** The text starts with `(do_syslog+0x4/0x400)`, `(ret+0x1a/0x30 <- do_syslog)`, `(skb.kfree_skb)`. */
  place: boolean;
  steps: readonly PrintedStep[];
  /** What ends the event, before the newline. */
  tail: string;
}

/** A fixed piece of text and the value that stands behind it. */
export interface PrintedStep {
  before: string;
  value: PrintedValue;
  /** Index into the layout's fields; -1 where the value is no field of its own (pointers in words, `__` fields). */
  field: number;
  /** Index into the field's array, or -1. */
  element: number;
}

export type PrintedValue =
  | {
      kind: 'decimal' | 'hex';
      wrap: Wrap;
      prefix: boolean;
      padded: boolean;
      /** A pointer: 16 digits where the kernel is a 64-bit one. */
      pointer?: boolean;
      /** Of a field of one or two bytes, such as a protocol's number: the same ones keep coming back. */
      small?: boolean;
    }
  /** A string, bounded by what follows it: at most `most` bytes; a symbol with its offset is one, too. */
  | { kind: 'text'; most: number; symbol?: boolean }
  /** `"string"` or `(fault)`, as dynamic probes print strings. */
  | { kind: 'quoted' }
  /** One character that stands for its number. */
  | { kind: 'char' }
  /** Words for numbers: `NO_SOCKET`; a number in hex where the kernel has no word. */
  | { kind: 'choice'; words: ReadonlyMap<string, number> }
  /** Words for bits, joined: `O_RDONLY|O_CLOEXEC`. */
  | { kind: 'flags'; words: ReadonlyMap<string, number>; joint: string }
  /** A system call's argument: hex with or without `0x`, on newer kernels with user memory behind it. */
  | { kind: 'syscall-argument' };

/** Size and sign of the field where the printed number has another: 64 is a signed 64-bit field, -32 an unsigned 32-bit one. */
export type Wrap = 0 | 8 | 16 | 32 | 64 | -8 | -16 | -32 | -64;

/** How the event's text is laid out; null where the print format is beyond what can be read back. */
export function printedLayout(format: EventFormat): PrintedLayout | null {
  if (format.fields.some((field) => field.name === '__syscall_nr')) return syscallLayout(format);
  const source = format.printFormat.trim();
  const head = readString(source, 0);
  if (head === null) return null;
  const builder = new LayoutBuilder(format);
  if (isProbe(format, head.text)) {
    builder.place = true;
    builder.addFormat(withoutPlace(head.text), probeArguments(source, head.end, head.text), true);
  } else {
    builder.addFormat(head.text, splitArguments(source, head.end), false);
  }
  return builder.finish();
}

/** `sys_syslog(type: a, buf: 7f.., len: 8)` behind its parenthesis, and what stands behind `sys_syslog -> `. */
function syscallLayout(format: EventFormat): PrintedLayout {
  const builder = new LayoutBuilder(format);
  if (format.name.startsWith('sys_exit_')) {
    const ret = format.fields.find((field) => field.name === 'ret');
    builder.value({ kind: 'hex', wrap: wrapFor('x', ret), prefix: true, padded: false }, ret?.name ?? '', -1);
    return builder.finish();
  }
  let separator = '';
  for (const field of format.fields) {
    if (field.name.startsWith('__')) continue;
    builder.literal(`${separator}${field.name}: `);
    builder.value({ kind: 'syscall-argument' }, field.name, -1);
    separator = ', ';
  }
  builder.literal(')');
  return builder.finish();
}

/** Event probes declare no address, their format starts at the first argument. */
function isProbe(format: EventFormat, text: string): boolean {
  if (format.fields.some((field) => field.name === '__probe_ip' || field.name === '__probe_func'))
    return true;
  return text === '' || (text.startsWith(' ') && text.includes('='));
}

function withoutPlace(text: string): string {
  return text.startsWith('(') ? text.slice(text.indexOf(')') + 1) : text;
}

function probeArguments(source: string, from: number, text: string): string[] {
  const places = text.startsWith('(%lx <- %lx)') ? 2 : text.startsWith('(') ? 1 : 0;
  return splitArguments(source, from).slice(places);
}

/** Collects literals and values in the order of the text. */
class LayoutBuilder {
  place = false;
  readonly #format: EventFormat;
  readonly #steps: PrintedStep[] = [];
  #literal = '';

  constructor(format: EventFormat) {
    this.#format = format;
  }

  literal(text: string): void {
    this.#literal += text;
  }

  value(value: PrintedValue, name: string, element: number): void {
    const stored = name.startsWith('__') ? -1 : this.#format.fields.findIndex((field) => field.name === name);
    this.#steps.push({ before: this.#literal, value, field: stored, element });
    this.#literal = '';
  }

  addFormat(text: string, args: readonly string[], probe: boolean): void {
    let next = 0;
    let at = 0;
    while (at < text.length) {
      if (text[at] !== '%') {
        this.#literal += text[at++];
        continue;
      }
      const spec = readConversion(text, at);
      at = spec.end;
      if (spec.conversion === '%') {
        this.#literal += '%';
        continue;
      }
      next += spec.stars;
      const argument = argumentOf(args[next++] ?? '');
      if (argument.kind === 'literal') {
        this.#literal += argument.text;
      } else if (probe && spec.conversion === 's' && this.#literal.endsWith('"') && text[at] === '"') {
        this.#literal = this.#literal.slice(0, -1);
        at += 1;
        this.value({ kind: 'quoted' }, argument.field, argument.element);
      } else {
        const field = this.#format.fields.find((each) => each.name === argument.field);
        this.value(printedValue(spec, argument, field), argument.field, argument.element);
      }
    }
  }

  finish(): PrintedLayout {
    const used = this.#format.fields.filter((_, index) => this.#steps.some((step) => step.field === index));
    const places = new Map(used.map((field, index) => [this.#format.fields.indexOf(field), index]));
    return {
      fields: used.map(({ name }) => ({ name, length: this.#elements(name) })),
      place: this.place,
      steps: this.#steps.map((step) => ({ ...step, field: places.get(step.field) ?? -1 })),
      tail: this.#literal,
    };
  }

  #elements(name: string): number | null {
    const index = this.#format.fields.findIndex((field) => field.name === name);
    const elements = this.#steps.filter((step) => step.field === index && step.element >= 0);
    return elements.length === 0 ? null : Math.max(...elements.map((step) => step.element)) + 1;
  }
}

interface Conversion {
  conversion: string;
  /** Letters behind `%p`: `S`, `I4`. */
  suffix: string;
  alternate: boolean;
  padded: boolean;
  stars: number;
  end: number;
}

/** One `%` conversion, as lib/vsprintf.c format_decode() reads it. */
function readConversion(text: string, start: number): Conversion {
  let at = start + 1;
  let alternate = false;
  let zero = false;
  while ('-+ #0'.includes(text[at] ?? '\0')) {
    alternate ||= text[at] === '#';
    zero ||= text[at] === '0';
    at += 1;
  }
  const widthAt = at;
  let stars = 0;
  while ('0123456789.*'.includes(text[at] ?? '\0')) {
    if (text[at] === '*') stars += 1;
    at += 1;
  }
  const padded = !zero && at > widthAt;
  while ('hlLqzjt'.includes(text[at] ?? '\0')) at += 1;
  const conversion = text[at] ?? '';
  at += 1;
  let suffix = '';
  if (conversion === 'p') {
    while (/[A-Za-z0-9]/.test(text[at] ?? '')) suffix += text[at++];
  }
  return { conversion, suffix, alternate, padded, stars, end: at };
}

function printedValue(
  spec: Conversion,
  argument: PrintArgument,
  field: FieldFormat | undefined,
): PrintedValue {
  if (argument.kind === 'choice') return { kind: 'choice', words: argument.words };
  if (argument.kind === 'flags') return { kind: 'flags', words: argument.words, joint: argument.joint };
  const { conversion, suffix, padded } = spec;
  if (conversion === 'c') return { kind: 'char' };
  if ('diu'.includes(conversion)) {
    const small = field !== undefined && field.size <= 2;
    return { kind: 'decimal', wrap: wrapFor(conversion, field), prefix: false, padded, small };
  }
  if ('xX'.includes(conversion) || (conversion === 'p' && (suffix === '' || suffix === 'x'))) {
    const wrap = wrapFor(conversion, field);
    return { kind: 'hex', wrap, prefix: spec.alternate, padded, pointer: conversion === 'p' };
  }
  const most = field?.shape === 'chars' && field.length !== null ? field.length - 1 : Number.MAX_SAFE_INTEGER;
  return { kind: 'text', most, symbol: conversion === 'p' };
}

/** The kernel prints by the conversion, the field has a size and a sign of its own: `0x%lx` of a signed `ret`. */
function wrapFor(conversion: string, field: FieldFormat | undefined): Wrap {
  if (field === undefined || field.shape === 'data-loc' || field.shape === 'rel-loc') return 0;
  const bytes = field.shape === 'array' && field.length ? field.size / field.length : field.size;
  if (bytes !== 1 && bytes !== 2 && bytes !== 4 && bytes !== 8) return 0;
  const printsSigned = conversion === 'd' || conversion === 'i';
  if (printsSigned === field.signed) return 0;
  return (field.signed ? bytes * 8 : bytes * -8) as Wrap;
}
