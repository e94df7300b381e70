import type { DropFieldOffsets } from './drop-page-fields.js';
import type { PageLayout } from './page-header.js';
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
/** Address of the event at which it ended. */
export const ENDED = MISSED + 4;
/** Address of the last page of which drops were counted, and nanoseconds from its stamp to the last of them. */
export const LAST = MISSED + 8;
export const ELAPSED = MISSED + 16;
export const SPACE = MISSED + 64;
/** Bytes of an event's head in front of its record (include/linux/ring_buffer.h struct ring_buffer_event). */
export const HEAD = 4;

/**
 * A module whose `run(page, at, end, length)` counts drops with records of `length` bytes in the slots: from the event
 * at the address `at` of a page through all pages up to `end`, or to a page or an event that needs care, or to a drop
 * whose key has no slot. It returns the address of the page where it ended.
 * @param id of the event
 * @param size of the memory, in bytes
 */
export function dropPageCode(
  id: number,
  { low, high, reason, protocol }: DropFieldOffsets,
  layout: PageLayout,
  size: number,
) {
  const [page, at, end, length] = [local(0), local(1), local(2), local(3)];
  const [head, slot, word, behind, start] = [local(4), local(5), local(6), local(7), local(8)];
  const [location, what, lastLocation, lastWhat] = [local(9), local(10), local(11), local(12)];
  const [hits, elapsed] = [local(13), local(14)];
  const hasReason = reason >= 0;
  // The bytes in use, without the flags of lost events (see readCommit()).
  const readHeader = sequence(
    ...[page.get, i32.const(layout.data), i32.add, start.tee],
    ...[page.get, i32.load(layout.commit), word.tee, i32.const(BYTES_IN_USE), i32.and, i32.add, behind.set],
  );
  const isTooLong = sequence(behind.get, page.get, i32.const(layout.size), i32.add, i32.gtU);
  const readUpper = sequence(page.get, i32.load(layout.commit + 4));
  const isOverlong = sequence(
    ...[readUpper, i32.eqz, i32.eqz],
    ...[readUpper, word.get, i32.const(31), i32.shrS, i32.xor, i32.eqz, i32.eqz, i32.and],
  );
  const isBehind = sequence(at.get, length.get, i32.add, i32.const(HEAD), i32.add, behind.get, i32.gtU);
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
  const countEvents = block(
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
  );
  const noteTime = unless(
    sequence(at.get, start.get, i32.xor, i32.eqz),
    sequence(
      ...[i32.const(0), page.get, i32.store(LAST)],
      ...[i32.const(0), elapsed.get, i64.store(ELAPSED)],
    ),
  );
  const isNotThrough = sequence(at.get, behind.get, i32.xor, word.get, i32.const(FLAGS), i32.and, i32.or);
  const body = sequence(
    // What no drop has: protocols have 16 bits.
    ...[i64.const(-1), lastWhat.set],
    // Where a page is gone on with, its time goes on, too.
    ...[i32.const(0), i64.load(ELAPSED), elapsed.set],
    block(
      loop(
        ...[end.get, page.get, i32.const(layout.size), i32.add, i32.ltU, brIf(1)],
        readHeader,
        ...[isTooLong, brIf(1)],
        ...(layout.longSize === 8 ? [isOverlong, brIf(1)] : []),
        countEvents,
        noteTime,
        ...[isNotThrough, brIf(1)],
        ...[page.get, i32.const(layout.size), i32.add, page.tee, i32.const(layout.data), i32.add, at.set],
        ...[i64.const(0), elapsed.set],
        br(0),
      ),
    ),
    addHits,
    ...[i32.const(0), at.get, i32.store(ENDED)],
    page.get,
  );
  return wasmModule(size, { parameters: 4, i32Locals: 5, i64Locals: 6, body });
}

const MIX = 0x9e3779b1 | 0;
const BYTES_IN_USE = 2 ** 30 - 1;
const FLAGS = ~BYTES_IN_USE;
