import type { DropLocation } from './events.js';

/**
 * The kernel path of a drop, innermost first: from the place that dropped the packet on. What stands before it is the
 * tracing itself and the function that frees. @param frames `symbol+0x1f`, with or without a size behind
 */
export function dropPath(frames: readonly string[], { symbol, offset }: DropLocation): readonly string[] {
  const place = `${symbol}+0x${(offset ?? 0).toString(16)}`;
  const at = frames.findIndex((frame) => frame === place || frame.startsWith(`${place}/`));
  return at > 0 && at < MOST_BEFORE ? frames.slice(at) : frames;
}

/** Frames of tracing that were seen before the place are ten. */
const MOST_BEFORE = 16;

/** Paths that the kernel counts by come without their place: it is behind the functions that free. */
export function withoutFreeing(frames: readonly string[]): readonly string[] {
  const at = frames.findIndex((frame) => !FREEING.has(frame.split('+')[0]!) && !frame.startsWith('0x'));
  return (at > 0 ? frames.slice(at) : frames).map((frame) => frame.replace(/\/0x[0-9a-f]+/, ''));
}

/** net/core/skbuff.c; what of the tracepoint and of a probe on it stands before them. */
const FREEING = new Set([
  'kfree_skb',
  'kfree_skb_reason',
  'sk_skb_reason_drop',
  '__traceiter_kfree_skb',
  'trace_event_raw_event_kfree_skb',
  'trace_event_buffer_commit',
  'event_triggers_call',
  'eprobe_trigger_func',
  'fprobe_handler',
  'fprobe_ftrace_entry',
  '__probestub_kfree_skb',
]);
