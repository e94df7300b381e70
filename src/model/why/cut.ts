import { type Check, counted, isAsked, mark } from './finding.js';

/** A record has room for a line of about 1000 bytes; what is longer ends there (kernel/printk/printk.c PRINTKRB_RECORD_MAX). */
export const cut: Check = {
  find(facts) {
    const long = facts.ring.cut.filter(({ time }) => isAsked(facts, time));
    const last = long.at(-1);
    if (last === undefined) return [];
    return [
      {
        cause: 'cut',
        stage: 'ring',
        severity: 'note',
        certainty: 'possible',
        finding: `${counted(long.length, 'message')} of the kernel ${long.length === 1 ? 'is' : 'are'} as long as a record can be: the end may be cut off`,
        evidence: [`the last is ${mark(last)}`],
        remedy: [],
      },
    ];
  },
};
