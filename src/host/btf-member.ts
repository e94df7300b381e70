import { DEEPEST, isAggregate, plain, sizeOf, typeName } from './btf-c-type.js';
import { BtfError, type BtfTypes, Kind } from './btf-types.js';

export interface BtfMember {
  /** Bytes from the start of the outermost structure; of a bit field, of the integer that holds it. */
  offset: number;
  /** Bytes; 0 for a flexible array. */
  size: number;
  /** C type, typedefs resolved unless only they have a name: `struct net_device *`, `unsigned int`, `kuid_t`. */
  typeName: string;
  /** Bits within those bytes: from the least significant one on little-endian machines, else from the most. */
  bitfield?: { offset: number; size: number };
}

/** Follows member names into structure or typedef `id`; null where one does not exist. @throws BtfError */
export function findMember(types: BtfTypes, id: number, names: readonly Uint8Array[]): BtfMember | null {
  const budget = { members: 1_000_000 };
  let outer = 0;
  let place: Place = { bits: 0, width: 0, type: id };
  for (const name of names) {
    const aggregate = plain(types, place.type);
    if (name.length === 0 || !isAggregate(types.kind(aggregate))) return null;
    outer += place.bits;
    const next = search(types, aggregate, name, budget, 0);
    if (next === null) return null;
    place = next;
  }
  return describe(types, outer + place.bits, place);
}

/** A member found: bits from the start of the structure searched, its width if it is a bit field, else 0. */
interface Place {
  bits: number;
  width: number;
  type: number;
}

/** @param budget ends crafted nesting, which would otherwise take forever. */
function search(
  types: BtfTypes,
  aggregate: number,
  name: Uint8Array,
  budget: { members: number },
  depth: number,
): Place | null {
  if (depth > DEEPEST) throw new BtfError(`type ${aggregate} is nested too deeply`);
  const flagged = types.kindFlag(aggregate);
  for (let i = 0; i < types.length(aggregate); i++) {
    if (--budget.members < 0) throw new BtfError(`type ${aggregate} has no end of members`);
    const nameOffset = types.word(aggregate, 3 * i);
    const type = types.word(aggregate, 3 * i + 1);
    const word = types.word(aggregate, 3 * i + 2);
    const bits = flagged ? word & 0xffffff : word;
    if (nameOffset !== 0) {
      if (types.textIs(nameOffset, name)) return { bits, width: flagged ? word >>> 24 : 0, type };
      continue;
    }
    const inner = plain(types, type);
    if (!isAggregate(types.kind(inner))) continue; // the padding of a bit field
    const place = search(types, inner, name, budget, depth + 1);
    if (place !== null) return { ...place, bits: bits + place.bits };
  }
  return null;
}

function describe(types: BtfTypes, start: number, place: Place): BtfMember {
  const member = {
    size: sizeOf(types, place.type),
    typeName: typeName(types, place.type),
  };
  let bits = start;
  let width = place.width;
  const bare = plain(types, place.type);
  if (width === 0 && types.kind(bare) === Kind.INT) {
    // Before kind_flag a bit field had an integer type of its own, of fewer bits than its bytes hold.
    const encoding = types.word(bare, 0);
    if ((encoding & 0xff) !== 8 * member.size) {
      width = encoding & 0xff;
      bits += (encoding >>> 16) & 0xff;
    }
  }
  if (width === 0) return { ...member, offset: Math.floor(bits / 8) };
  const unit = 8 * Math.max(member.size, 1);
  const shift = bits % unit;
  if (shift + width <= unit) {
    return {
      ...member,
      offset: (bits - shift) / 8,
      bitfield: { offset: shift, size: width },
    };
  }
  // A packed structure: the field straddles its own type's alignment.
  const size = Math.ceil(((bits % 8) + width) / 8);
  return {
    ...member,
    offset: Math.floor(bits / 8),
    size,
    bitfield: { offset: bits % 8, size: width },
  };
}
