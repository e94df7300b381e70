// What it costs a host that somebody counts its drops: one fixed number of dropped packets, untraced and under kwho,
// bpftrace, perf and dropwatch in turns, in one boot of a kernel of the lab.
import { runInGuest } from '../in-guest.mjs';

export default {
  name: 'drop-overhead',
  /** @param rounds of all programs, one after the other */
  run: ({ rounds, say }) => runInGuest('drop-overhead', ['drop-overhead/guest.mjs', rounds], say),
};
