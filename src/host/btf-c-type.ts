import { BtfError, type BtfTypes, Kind } from './btf-types.js';

/**
 * A type as C source names it: `struct net_device *`, `const char **`, `char[16]`; typedefs resolved to what they are
 * unless only they have a name (`kuid_t`). @throws BtfError on references that lead nowhere or in circles.
 */
export function typeName(types: BtfTypes, id: number, depth = 0): string {
  if (depth > DEEPEST) throw new BtfError(`type ${id} is nested too deeply`);
  const kind = types.kind(id);
  if (kind === Kind.VOID) return 'void';
  const inner = (): string => typeName(types, types.sizeOrType(id), depth + 1);
  switch (kind) {
    case Kind.PTR:
      return pointerTo(inner());
    case Kind.ARRAY:
      return `${typeName(types, types.word(id, 0), depth + 1)}[${types.word(id, 2)}]`;
    case Kind.TYPEDEF:
      return hasOnlyThisName(types, types.sizeOrType(id)) ? types.text(types.nameOffset(id)) : inner();
    case Kind.CONST:
      return `const ${inner()}`;
    case Kind.VOLATILE:
    case Kind.RESTRICT:
    case Kind.TYPE_TAG:
      return inner();
    case Kind.FUNC_PROTO:
      return `${inner()} ()`;
    default:
      return `${keyword(types, id, kind)}${types.text(types.nameOffset(id))}`.trimEnd();
  }
}

/** Bytes that a value of the type takes; 0 where it has no size of its own. @throws BtfError */
export function sizeOf(types: BtfTypes, type: number, depth = 0): number {
  if (depth > DEEPEST) throw new BtfError(`type ${type} is an array without end`);
  const id = plain(types, type);
  switch (types.kind(id)) {
    case Kind.PTR:
      return pointerSize(types);
    case Kind.ARRAY: {
      const size = types.word(id, 2) * sizeOf(types, types.word(id, 0), depth + 1);
      if (!Number.isSafeInteger(size)) throw new BtfError(`type ${type} is larger than any memory`);
      return size;
    }
    case Kind.INT:
    case Kind.STRUCT:
    case Kind.UNION:
    case Kind.ENUM:
    case Kind.FLOAT:
    case Kind.ENUM64:
      return types.sizeOrType(id);
    default:
      return 0;
  }
}

/** The type without typedefs, qualifiers and tags. @throws BtfError */
export function plain(types: BtfTypes, start: number): number {
  let id = start;
  for (let steps = 0; steps <= DEEPEST; steps++) {
    if (((TRANSPARENT >>> types.kind(id)) & 1) === 0) return id;
    id = types.sizeOrType(id);
  }
  throw new BtfError(`type ${start} is a typedef without end`);
}

export function isAggregate(kind: number): boolean {
  return kind === Kind.STRUCT || kind === Kind.UNION;
}

/** Deeper than any C compiler's output, shallower than the stack. */
export const DEEPEST = 64;

const TRANSPARENT =
  (1 << Kind.TYPEDEF) |
  (1 << Kind.VOLATILE) |
  (1 << Kind.CONST) |
  (1 << Kind.RESTRICT) |
  (1 << Kind.TYPE_TAG);

function pointerTo(type: string): string {
  return type.endsWith('*') ? `${type}*` : `${type} *`;
}

function hasOnlyThisName(types: BtfTypes, target: number): boolean {
  return isAggregate(types.kind(target)) && types.nameOffset(target) === 0;
}

function keyword(types: BtfTypes, id: number, kind: number): string {
  if (kind === Kind.STRUCT) return 'struct ';
  if (kind === Kind.UNION) return 'union ';
  if (kind === Kind.ENUM || kind === Kind.ENUM64) return 'enum ';
  if (kind === Kind.FWD) return types.kindFlag(id) ? 'union ' : 'struct ';
  return '';
}

/** BTF does not say; the kernel's pointers are as long as its `unsigned long`. */
function pointerSize(types: BtfTypes): number {
  const id = types.find(Buffer.from('long unsigned int'), 1 << Kind.INT, 1);
  return id === 0 ? 8 : types.sizeOrType(id);
}
