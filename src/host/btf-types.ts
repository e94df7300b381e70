import { KwhoError } from '../errors.js';

/** BTF that contradicts itself or that this reader does not know: nothing it says about offsets can be trusted. */
export class BtfError extends KwhoError {
  override readonly name: string = 'BtfError';

  constructor(message: string) {
    super(`BTF: ${message}`, {
      code: 'btf-unreadable',
      hint: 'kwho goes on without fields that need structure offsets; bpftool btf dump file /sys/kernel/btf/vmlinux says more',
    });
  }
}

/** `BTF_KIND_*` of include/uapi/linux/btf.h. */
export const Kind = {
  VOID: 0,
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  FLOAT: 16,
  TYPE_TAG: 18,
  ENUM64: 19,
  /** Not the kernel's: every kind that this reader only steps over. Kinds fit a 32-bit mask that way. */
  NEWER: 31,
} as const;

/**
 * The type and string sections of one BTF blob (Documentation/bpf/btf.rst), every record's extent checked once, so
 * that the accessors below cannot read outside. Type ids run from 1 to `count`; 0 is void.
 */
export class BtfTypes {
  readonly count: number;
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #strings: Uint8Array;
  /** By id: where the record stands in the blob, and its kind. */
  readonly #offsets: Uint32Array;
  readonly #kinds: Uint8Array;

  /** @throws BtfError on a wrong magic or version, on sections or records that reach outside, on unknown kinds. */
  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = endianness(bytes);
    const { types, strings, layout } = sections(this.#view, this.#little);
    this.#strings = bytes.subarray(strings.start, strings.end);
    if (this.#strings[0] !== 0 || this.#strings.at(-1) !== 0) {
      throw new BtfError(
        'the string section does not begin and end with a NUL (BTF of a module, or cut off?)',
      );
    }
    const sizes = recordSizes(bytes.subarray(layout.start, layout.end));
    const most = Math.floor((types.end - types.start) / HEAD) + 1;
    this.#offsets = new Uint32Array(most);
    this.#kinds = new Uint8Array(most);
    this.count = this.#index(types, sizes);
  }

  #index(types: Extent, sizes: RecordSizes): number {
    let id = 0;
    let at = types.start;
    while (at < types.end) {
      if (at + HEAD > types.end)
        throw new BtfError(`type ${id + 1} is cut off by the end of the type section`);
      // 7 bits of kind and 24 of length since Linux 7.1; the bits it took were always zero before.
      const info = this.#view.getUint32(at + 4, this.#little);
      const kind = (info >>> 24) & 0x7f;
      const fixed = sizes.fixed[kind]!;
      if (fixed === UNKNOWN) throw new BtfError(`type ${id + 1} is of kind ${kind}, which nothing describes`);
      id++;
      this.#offsets[id] = at;
      this.#kinds[id] = Math.min(kind, Kind.NEWER);
      at += HEAD + fixed + sizes.each[kind]! * (info & 0xffffff);
      if (at > types.end)
        throw new BtfError(`type ${id} of kind ${kind} reaches past the end of the type section`);
    }
    return id;
  }

  kind(id: number): number {
    if (id > this.count) throw new BtfError(`type ${id} is referred to, but there are only ${this.count}`);
    return this.#kinds[id]!;
  }

  /** Number of members, parameters or values. */
  length(id: number): number {
    return this.#view.getUint32(this.#offsets[id]! + 4, this.#little) & 0xffffff;
  }

  kindFlag(id: number): boolean {
    return this.#view.getUint32(this.#offsets[id]! + 4, this.#little) >>> 31 === 1;
  }

  nameOffset(id: number): number {
    return this.#view.getUint32(this.#offsets[id]!, this.#little);
  }

  /** `size` or `type`, whichever the kind has. */
  sizeOrType(id: number): number {
    return this.#view.getUint32(this.#offsets[id]! + 8, this.#little);
  }

  /** The nth 32-bit word behind the record's head; the caller stays within what kind and length promise. */
  word(id: number, n: number): number {
    return this.#view.getUint32(this.#offsets[id]! + HEAD + 4 * n, this.#little);
  }

  /** The string at an offset of the string section, one character a byte; '' for none. */
  text(offset: number): string {
    const end = this.#strings.indexOf(0, offset);
    if (end === -1) throw new BtfError(`a name at ${offset} is outside the string section`);
    return Buffer.from(this.#strings.buffer, this.#strings.byteOffset + offset, end - offset).toString(
      'latin1',
    );
  }

  /** Whether the string at `offset` is `name`, without making a string. */
  textIs(offset: number, name: Uint8Array): boolean {
    const strings = this.#strings;
    if (strings[offset + name.length] !== 0) return false;
    for (let i = 0; i < name.length; i++) if (strings[offset + i] !== name[i]) return false;
    return true;
  }

  /** The first type from id `from` on with this name and one of the kinds (a bit mask); 0 if there is none. */
  find(name: Uint8Array, kinds: number, from: number): number {
    if (name.length === 0) return 0;
    for (let id = from; id <= this.count; id++) {
      const kind = this.#kinds[id]!;
      if ((kinds >>> kind) & 1 && this.textIs(this.nameOffset(id), name)) return id;
    }
    return 0;
  }
}

/** Bytes of `struct btf_type`, with which every record begins. */
const HEAD = 12;
const UNKNOWN = 0xffff;

interface Extent {
  start: number;
  end: number;
}

function endianness(bytes: Uint8Array): boolean {
  if (bytes.length < 24) throw new BtfError(`${bytes.length} bytes are less than a header`);
  if (bytes[0] === 0x9f && bytes[1] === 0xeb) return true;
  if (bytes[0] === 0xeb && bytes[1] === 0x9f) return false;
  const found = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  throw new BtfError(`begins with ${found} where the magic eb9f belongs`);
}

function sections(view: DataView, little: boolean): { types: Extent; strings: Extent; layout: Extent } {
  const version = view.getUint8(2);
  if (version !== 1) throw new BtfError(`version ${version}; kwho knows version 1`);
  const header = view.getUint32(4, little);
  if (header < 24 || header > view.byteLength) throw new BtfError(`a header of ${header} bytes cannot be`);
  const section = (what: string, at: number): Extent => {
    const start = header + view.getUint32(at, little);
    const end = start + view.getUint32(at + 4, little);
    if (end > view.byteLength)
      throw new BtfError(`the ${what} section ends at ${end} of ${view.byteLength} bytes`);
    return { start, end };
  };
  return {
    types: section('type', 8),
    strings: section('string', 16),
    layout: header >= 32 ? section('layout', 24) : { start: 0, end: 0 },
  };
}

interface RecordSizes {
  /** By kind: bytes behind the head, once and for each of `length`. */
  fixed: Uint16Array;
  each: Uint8Array;
}

/** Kinds newer than this reader are stepped over where the blob describes them (`struct btf_layout`, Linux 7.1). */
function recordSizes(layout: Uint8Array): RecordSizes {
  const fixed = new Uint16Array(128).fill(UNKNOWN);
  const each = new Uint8Array(128);
  for (let kind = 0; kind < 128 && 4 * kind + 4 <= layout.length; kind++) {
    fixed[kind] = layout[4 * kind]!;
    each[kind] = layout[4 * kind + 1]!;
  }
  //         INT PTR ARR STR UNI ENU FWD TYP VOL CON RES FUN PRO VAR SEC FLO DTG TTG E64
  fixed.set([4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0], 1);
  each.set([0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12], 1);
  fixed[Kind.VOID] = UNKNOWN;
  return { fixed, each };
}
