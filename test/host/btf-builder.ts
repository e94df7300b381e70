/** Writes small BTF blobs as a compiler would, including what no current one writes any more. */
export class BtfBuilder {
  readonly #types: number[][] = [];
  #strings = '\0';

  /** @returns the id of the type */
  #add(
    name: string,
    kind: number,
    sizeOrType: number,
    tail: number[] = [],
    length = 0,
    flag = false,
  ): number {
    const info = (((flag ? 0x80 : 0) | kind) * 2 ** 24 + length) >>> 0;
    this.#types.push([this.#string(name), info, sizeOrType, ...tail]);
    return this.#types.length;
  }

  #string(text: string): number {
    if (text === '') return 0;
    const known = this.#strings.indexOf(`\0${text}\0`);
    if (known !== -1) return known + 1;
    this.#strings += `${text}\0`;
    return this.#strings.length - text.length - 1;
  }

  int(name: string, size: number, bits = 8 * size, bitOffset = 0): number {
    return this.#add(name, 1, size, [(bitOffset << 16) | bits]);
  }

  pointer(type: number): number {
    return this.#add('', 2, type);
  }

  array(type: number, length: number): number {
    return this.#add('', 3, 0, [type, type, length]);
  }

  /** Members as [name, type, bit offset, bit field width]; any width makes the kernel's kind_flag form. */
  struct(name: string, size: number, members: [string, number, number, number?][], kind = 4): number {
    const flag = members.some((member) => member[3] !== undefined);
    const tail = members.flatMap(([member, type, bits, width = 0]) => [
      this.#string(member),
      type,
      (bits + width * 2 ** 24) >>> 0,
    ]);
    return this.#add(name, kind, size, tail, members.length, flag);
  }

  union(name: string, size: number, members: [string, number, number, number?][]): number {
    return this.struct(name, size, members, 5);
  }

  enum(name: string, values: [string, number][], signed: boolean): number {
    const tail = values.flatMap(([value, number]) => [this.#string(value), number >>> 0]);
    return this.#add(name, 6, 4, tail, values.length, signed);
  }

  enum64(name: string, values: [string, bigint][], signed: boolean): number {
    const tail = values.flatMap(([value, number]) => [
      this.#string(value),
      Number(number & 0xffff_ffffn),
      Number((number >> 32n) & 0xffff_ffffn),
    ]);
    return this.#add(name, 19, 8, tail, values.length, signed);
  }

  forward(name: string): number {
    return this.#add(name, 7, 0);
  }

  typedef(name: string, type: number): number {
    return this.#add(name, 8, type);
  }

  constant(type: number): number {
    return this.#add('', 10, type);
  }

  function(name: string, returns: number, parameters: [string, number][]): number {
    const tail = parameters.flatMap(([parameter, type]) => [this.#string(parameter), type]);
    return this.#add(name, 12, this.#add('', 13, returns, tail, parameters.length));
  }

  /** A kind that may not exist yet. */
  other(kind: number, tail: number[], length: number): number {
    return this.#add('', kind, 0, tail, length);
  }

  /** @param layout bytes of `struct btf_layout` by kind, in the longer header of Linux 7.1. */
  build(options: { little?: boolean; layout?: [info: number, each: number][] } = {}): Uint8Array {
    const { little = true, layout } = options;
    const words = this.#types.flat();
    const header = layout === undefined ? 24 : 32;
    const layoutLength = 4 * (layout?.length ?? 0);
    const strings = Buffer.from(this.#strings, 'latin1');
    const bytes = new Uint8Array(header + 4 * words.length + layoutLength + strings.length);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 0xeb9f, little);
    view.setUint8(2, 1);
    const head = [header, 0, 4 * words.length, 4 * words.length + layoutLength, strings.length];
    if (layout !== undefined) head.push(4 * words.length, layoutLength);
    for (const [i, word] of head.entries()) view.setUint32(4 + 4 * i, word, little);
    for (const [i, word] of words.entries()) view.setUint32(header + 4 * i, word, little);
    for (const [kind, sizes] of layout?.entries() ?? [])
      bytes.set(sizes, header + 4 * words.length + 4 * kind);
    bytes.set(strings, bytes.length - strings.length);
    return bytes;
  }
}
