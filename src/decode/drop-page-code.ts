import type { DropFieldOffsets } from './drop-page-fields.js';
import { block, br, brIf, i32, i64, local, loop, sequence, unless, wasmModule } from './wasm-module.js';

// The memory: slots, then what a run leaves behind, then the space for pages.
const SLOT_BITS = 12;
export const SLOTS = 2 ** SLOT_BITS;
/** A slot: 8 bytes each of location, protocol with reason, and hits. */
const SLOT_SHIFT = 5;
export const SLOT = 2 ** SLOT_SHIFT;
export const WHAT = 8;
export const HITS = 16;
/** Address of the slot for the drop at which the run ended because that has another key, or NONE. */
export const MISSED = SLOTS * SLOT;
export const NONE = -1;
export const ELAPSED = MISSED + 8;
export const SPACE = MISSED + 64;
/** Bytes of an event's head in front of its record (include/linux/ring_buffer.h struct ring_buffer_event). */
export const HEAD = 4;

/**
 * A module whose `run(at, stop, length)` counts drops with records of `length` bytes in the slots: from the address
 * `at` up to `stop`, where the last one can be, or to an event that is no such drop, or to one whose key has no slot.
 * It returns the address where it ended.
 * @param id of the event
 * @param size of the memory, in bytes
 */
export function dropPageCode(id: number, { low, high, reason, protocol }: DropFieldOffsets, size: number) {
  const [at, stop, length, head, slot] = [local(0), local(1), local(2), local(3), local(4)];
  const [location, what, lastLocation, lastWhat] = [local(5), local(6), local(7), local(8)];
  const [hits, elapsed] = [local(9), local(10)];
  const hasReason = reason >= 0;
  const isBehind = sequence(at.get, stop.get, i32.gtU);
  const isOther = sequence(
    ...[at.get, i32.load(0), head.tee, i32.const(31), i32.and, length.get, i32.const(2), i32.shrU, i32.xor],
    ...[at.get, i32.load16(HEAD), i32.const(id), i32.xor, i32.or],
  );
  const readKey = sequence(
    ...[at.get, high < 0 ? i64.load32(HEAD + low) : i64.load(HEAD + low), location.set],
    ...[at.get, i64.load16(HEAD + protocol)],
    ...(hasReason ? [at.get, i64.load32(HEAD + reason), i64.const(32), i64.shl, i64.or] : []),
    what.set,
  );
  const isAsLast = sequence(
    ...[location.get, lastLocation.get, i64.xor],
    ...[what.get, lastWhat.get, i64.xor, i64.or, i64.eqz],
  );
  const findSlot = sequence(
    ...[location.get, i32.wrap, at.get, i32.load16(HEAD + protocol), i32.const(8), i32.shl, i32.xor],
    ...(hasReason ? [at.get, i32.load(HEAD + reason), i32.const(20), i32.shl, i32.xor] : []),
    ...[i32.const(MIX), i32.mul, i32.const(32 - SLOT_BITS), i32.shrU],
    ...[i32.const(SLOT_SHIFT), i32.shl, slot.set],
  );
  const isInSlot = sequence(
    ...[location.get, slot.get, i64.load(0), i64.xor],
    ...[what.get, slot.get, i64.load(WHAT), i64.xor, i64.or, i64.eqz],
  );
  const addHits = sequence(
    ...[slot.get, slot.get, i64.load(HITS), hits.get, i64.add, i64.store(HITS)],
    ...[i64.const(0), hits.set],
  );
  const body = sequence(
    // What no drop has: protocols have 16 bits.
    ...[i64.const(-1), lastWhat.set],
    block(
      loop(
        ...[isBehind, brIf(1)],
        ...[isOther, brIf(1)],
        readKey,
        block(
          // Drops come in runs: one like the last one has its slot already.
          ...[isAsLast, brIf(0)],
          addHits,
          findSlot,
          unless(isInSlot, sequence(i32.const(0), slot.get, i32.store(MISSED), br(3))),
          ...[location.get, lastLocation.set, what.get, lastWhat.set],
        ),
        ...[hits.get, i64.const(1), i64.add, hits.set],
        ...[elapsed.get, head.get, i32.const(5), i32.shrU, i64.extend, i64.add, elapsed.set],
        ...[at.get, length.get, i32.add, i32.const(HEAD), i32.add, at.set],
        br(0),
      ),
    ),
    addHits,
    ...[i32.const(0), elapsed.get, i64.store(ELAPSED)],
    at.get,
  );
  return wasmModule(size, { parameters: 3, i32Locals: 2, i64Locals: 6, body });
}

const MIX = 0x9e3779b1 | 0;
