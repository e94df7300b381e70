/**
 * Byte code of WebAssembly, as much of it as one loop over bytes needs (WebAssembly Core Specification, 5 Binary
 * Format; the names are those of its text format). Every function gives the bytes of what it is called.
 */
export type Code = readonly number[];

export function local(index: number): Record<'get' | 'set' | 'tee', Code> {
  const of = unsigned(index);
  return { get: [0x20, ...of], set: [0x21, ...of], tee: [0x22, ...of] };
}

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: (offset: number): Code => [0x28, ...at(offset)],
  load16: (offset: number): Code => [0x2f, ...at(offset)],
  store: (offset: number): Code => [0x36, ...at(offset)],
  eqz: [0x45],
  ltU: [0x49],
  gtU: [0x4b],
  add: [0x6a],
  mul: [0x6c],
  and: [0x71],
  or: [0x72],
  xor: [0x73],
  shl: [0x74],
  shrS: [0x75],
  shrU: [0x76],
  wrap: [0xa7],
} as const;

export const i64 = {
  const: (value: number): Code => [0x42, ...signed(value)],
  load: (offset: number): Code => [0x29, ...at(offset)],
  load16: (offset: number): Code => [0x33, ...at(offset)],
  load32: (offset: number): Code => [0x35, ...at(offset)],
  store: (offset: number): Code => [0x37, ...at(offset)],
  eqz: [0x50],
  add: [0x7c],
  or: [0x84],
  xor: [0x85],
  shl: [0x86],
  extend: [0xad],
} as const;

export const sequence = (...parts: Code[]): Code => parts.flat();
export const block = (...body: Code[]): Code => [0x02, NOTHING, ...body.flat(), END];
export const loop = (...body: Code[]): Code => [0x03, NOTHING, ...body.flat(), END];
export const unless = (condition: Code, body: Code): Code => [
  ...condition,
  0x45,
  0x04,
  NOTHING,
  ...body,
  END,
];
export const br = (depth: number): Code => [0x0c, ...unsigned(depth)];
export const brIf = (depth: number): Code => [0x0d, ...unsigned(depth)];

/** A function of i32 that returns one. */
export interface WasmFunction {
  /** How many; their indices start at 0, and those of the locals follow. */
  parameters: number;
  i32Locals: number;
  i64Locals: number;
  /** Leaves the result on the stack. */
  body: Code;
}

/** A module with a memory of so many bytes at least, exported as `memory`, and one function, as `run`. */
export function wasmModule(
  memory: number,
  { parameters, i32Locals, i64Locals, body }: WasmFunction,
): Uint8Array<ArrayBuffer> {
  const code = [...vector([i32Locals, I32], [i64Locals, I64]), ...body, END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d],
    ...[1, 0, 0, 0],
    ...section(1, vector([0x60, ...vector(...Array(parameters).fill([I32])), ...vector([I32])])),
    ...section(3, vector([0])),
    ...section(5, vector([0, ...unsigned(Math.ceil(memory / PAGE))])),
    ...section(7, vector([...name('memory'), 2, 0], [...name('run'), 0, 0])),
    ...section(10, vector([...unsigned(code.length), ...code])),
  ]);
}

/** Bytes. */
const PAGE = 0x10000;
const NOTHING = 0x40;
const END = 0x0b;
const I32 = 0x7f;
const I64 = 0x7e;

/** A place in memory that need not be aligned, `offset` bytes behind the address on the stack. */
function at(offset: number): Code {
  return [0, ...unsigned(offset)];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function vector(...items: Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): Code {
  return vector(...[...Buffer.from(text)].map((byte) => [byte]));
}

/** LEB128 */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 of up to 32 bits. */
function signed(value: number): Code {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
