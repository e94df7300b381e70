import type { PageLayout } from './page-header.js';

/** Why a page could not be walked to its end. */
export interface PageFault {
  /** Byte of the page where the walk stopped. */
  offset: number;
  why: string;
}

/** What a page says about itself in its commit word. */
export interface PageCommit {
  /** Byte behind the last event, never beyond the page. */
  end: number;
  /** Events lost before this page; null where the kernel knows only that there were some. */
  lost: number | null;
  fault: PageFault | null;
}

/**
 * Reads the commit word: bytes in use, flags of lost events, and the count behind the events
 * (kernel/trace/ring_buffer.c ring_buffer_read_page()).
 */
export function readCommit(view: DataView, layout: PageLayout): PageCommit {
  const { commit, longSize, data } = layout;
  const size = view.byteLength;
  if (size < data) {
    return {
      end: size,
      lost: 0,
      fault: { offset: 0, why: `a page of ${size} bytes has no room for its header` },
    };
  }
  const word = view.getUint32(commit, true);
  // The kernel adds the flag as an int: its sign fills the upper half.
  const sign = (word & MISSED_EVENTS) === 0 ? 0 : 0xffff_ffff;
  const upper = longSize === 8 ? view.getUint32(commit + 4, true) : 0;
  if (upper !== 0 && upper !== sign) {
    const why = 'the commit word exceeds 32 bits: a page of a big-endian kernel?';
    return { end: data, lost: 0, fault: { offset: commit, why } };
  }
  const used = word & (MISSED_STORED - 1);
  const hasLost = (word & (MISSED_EVENTS | MISSED_STORED)) !== 0;
  const lost = hasLost ? storedCount(view, word, data + used, longSize) : 0;
  if (data + used <= size) return { end: data + used, lost, fault: null };
  const why = `the page says that ${used} bytes are in use, ${size - data} are there`;
  return { end: size, lost, fault: { offset: size, why } };
}

/** A `long` behind the committed bytes, where the page had room for it. */
function storedCount(view: DataView, word: number, at: number, longSize: number): number | null {
  if ((word & MISSED_STORED) === 0 || at + longSize > view.byteLength) return null;
  return view.getUint32(at, true) + (longSize === 8 ? view.getUint32(at + 4, true) * 2 ** 32 : 0);
}

/** RB_MISSED_EVENTS and RB_MISSED_STORED. */
const MISSED_EVENTS = 1 << 31;
const MISSED_STORED = 1 << 30;
