import { type EventFormat, type FieldFormat, FormatError } from './event-format.js';

/** Where the fields of `skb:kfree_skb` that are counted by stand in its record, in bytes. */
export interface DropFieldOffsets {
  /** The lower 32 bits of the location. */
  low: number;
  /** The upper ones; -1 on a 32-bit kernel. */
  high: number;
  /** -1 before 5.17. */
  reason: number;
  protocol: number;
  /** Bytes that a record must have for these. */
  least: number;
}

/** @throws FormatError `event-format-invalid`: the event has not the fields or sizes that are known of it */
export function dropFieldOffsets(format: EventFormat): DropFieldOffsets {
  const location = field(format, 'location', [4, 8]);
  const protocol = field(format, 'protocol', [2]);
  if (location === null || protocol === null) {
    throw wrong(format, 'the fields location and protocol are not both there');
  }
  const reason = field(format, 'reason', [4]);
  const all = reason === null ? [location, protocol] : [location, protocol, reason];
  return {
    low: location.offset,
    high: location.size === 8 ? location.offset + 4 : -1,
    reason: reason?.offset ?? -1,
    protocol: protocol.offset,
    least: Math.max(...all.map(({ offset, size }) => offset + size)),
  };
}

function field({ fields, ...format }: EventFormat, name: string, sizes: number[]): FieldFormat | null {
  const found = fields.find((each) => each.name === name);
  if (found === undefined) return null;
  if (found.shape === 'integer' && sizes.includes(found.size)) return found;
  throw wrong(format, `${name} has ${found.size} bytes, expected ${sizes.join(' or ')}`);
}

function wrong({ name }: { name: string }, why: string): FormatError {
  return new FormatError(`the format of ${name}: ${why}`, {
    code: 'event-format-invalid',
    hint: 'count from trace text (trace_pipe) instead of pages',
  });
}
