import { typeName } from './btf-c-type.js';
import { type BtfMember, findMember } from './btf-member.js';
import { BtfError, BtfTypes, Kind } from './btf-types.js';

export type { BtfMember } from './btf-member.js';
export { BtfError } from './btf-types.js';

export interface BtfParameter {
  name: string;
  /** As BtfMember.typeName; `...` for variable arguments. */
  type: string;
}

/**
 * What the running kernel's own type information says of its structures and functions (`/sys/kernel/btf/vmlinux`;
 * Documentation/bpf/btf.rst, include/uapi/linux/btf.h). Every method throws BtfError where the blob lies.
 */
export class Btf {
  readonly #types: BtfTypes;

  private constructor(types: BtfTypes) {
    this.#types = types;
  }

  /** @param bytes the whole blob; kept, not copied. @throws BtfError */
  static parse(bytes: Uint8Array): Btf {
    return new Btf(new BtfTypes(bytes));
  }

  /**
   * Where a member stands: `member('cred', 'uid.val')`. Members of anonymous structures and unions count as the
   * outer one's; a dot crosses embedded structures, never pointers or arrays. Of several structures with one name the
   * first that has the member answers. null if there is none.
   */
  member(struct: string, path: string): BtfMember | null {
    const types = this.#types;
    const names = path.split('.').map(bytesOf);
    const wanted = bytesOf(struct);
    for (let id = types.find(wanted, AGGREGATES, 1); id !== 0; id = types.find(wanted, AGGREGATES, id + 1)) {
      const found = findMember(types, id, names);
      if (found !== null) return found;
    }
    return null;
  }

  /** Whether the kernel describes a function of this name; it leaves out inlined ones and some that were optimized. */
  hasFunction(name: string): boolean {
    return this.#function(name) !== 0;
  }

  /** A function's parameters first to last; of several functions with one name the first's. null if there is none. */
  functionParameters(name: string): BtfParameter[] | null {
    const types = this.#types;
    const id = this.#function(name);
    if (id === 0) return null;
    const prototype = types.sizeOrType(id);
    if (types.kind(prototype) !== Kind.FUNC_PROTO) throw new BtfError(`function ${name} has no prototype`);
    return Array.from({ length: types.length(prototype) }, (_, i) => {
      const type = types.word(prototype, 2 * i + 1);
      const text = type === 0 ? '...' : typeName(types, type);
      return { name: types.text(types.word(prototype, 2 * i)), type: text };
    });
  }

  /** The values of an enum by name; negative only where the kernel marks the enum signed (Linux 6.0 and later). */
  enumValues(name: string): Map<string, bigint> | null {
    const types = this.#types;
    const id = types.find(bytesOf(name), (1 << Kind.ENUM) | (1 << Kind.ENUM64), 1);
    if (id === 0) return null;
    const wide = types.kind(id) === Kind.ENUM64;
    const words = wide ? 3 : 2;
    const values = new Map<string, bigint>();
    for (let i = 0; i < types.length(id); i++) {
      const high = wide ? BigInt(types.word(id, words * i + 2)) << 32n : 0n;
      const value = high | BigInt(types.word(id, words * i + 1));
      const signed = types.kindFlag(id) ? BigInt.asIntN(wide ? 64 : 32, value) : value;
      values.set(types.text(types.word(id, words * i)), signed);
    }
    return values;
  }

  #function(name: string): number {
    return this.#types.find(bytesOf(name), 1 << Kind.FUNC, 1);
  }
}

const AGGREGATES = (1 << Kind.STRUCT) | (1 << Kind.UNION) | (1 << Kind.TYPEDEF);

function bytesOf(name: string): Uint8Array {
  return Buffer.from(name, 'latin1');
}
