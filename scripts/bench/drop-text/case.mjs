// Drops counted by (location, reason) from the text of trace_pipe, against C and mawk.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { generate } from './generate.mjs';

const here = (name) => new URL(name, import.meta.url).pathname;
/** Counts or decodes, as the other C program does. */
export const familiar = here('familiar.c');

export default {
  name: 'drop-text',
  title: 'skb:kfree_skb in trace text, counted by (location, reason)',
  /** Changes when the input would: a stored one is used again only then. */
  inputVersion: readFileSync(here('generate.mjs'), 'utf8') + readFileSync(here('drops.mjs'), 'utf8'),
  generate,
  reference: { label: 'C, hand-tuned', source: here('tuned.c') },
  programs: counting,
  others: [
    { label: 'C, getline and strstr', source: here('plain.c') },
    { label: 'wc -l', command: ['wc', '-l'] },
  ],
  compared: againstMawk,
};

/** What kwho is to be faster than. */
export function againstMawk({ runtimes }) {
  return runtimes.map(({ label }) => ({ slow: 'mawk', fast: `kwho, ${label}` }));
}

/** Everything that counts text and has to agree with the C program. @param runtimes Node.js binaries to run ours with */
export function counting({ dist, runtimes }) {
  const ours = runtimes.map(({ label, path }) => ({
    label: `kwho, ${label}`,
    command: [path, here('count.mjs'), dist],
  }));
  const hasMawk = spawnSync('mawk', ['-W', 'version']).status === 0;
  const mawk = hasMawk ? [{ label: 'mawk', command: ['sh', here('count-mawk.sh')] }] : [];
  return [...ours, ...mawk, { label: 'C that predicts as kwho does', source: familiar }];
}
