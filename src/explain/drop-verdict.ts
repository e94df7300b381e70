/** What kind of a drop it is: to be looked into, done on purpose by somebody's rule, or what a healthy host does too. */
export type Verdict = 'suspect' | 'policy' | 'noise';
