import type { Check } from './drop-check.js';
import type { Verdict } from './drop-verdict.js';

/** A drop in plain words. */
export interface Explanation {
  /** The reason's name, or the function's with `()`. */
  readonly title: string;
  /** One sentence: what happened to the packet. */
  readonly what: string;
  /** One sentence: what to look at or do next. */
  readonly next: string;
  /** As far as reason and function tell; what is known of the packet itself may soften it. */
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  /** Which kernels it is from. */
  readonly kernels: string;
}
