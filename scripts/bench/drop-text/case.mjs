// Drops counted by (location, reason) from the text of trace_pipe, against C and mawk.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { generate } from './generate.mjs';

const here = (name) => new URL(name, import.meta.url).pathname;

export default {
  name: 'drop-text',
  title: 'skb:kfree_skb in trace text, counted by (location, reason)',
  /** Changes when the input would: a stored one is used again only then. */
  inputVersion: readFileSync(here('generate.mjs'), 'utf8') + readFileSync(here('drops.mjs'), 'utf8'),
  generate,
  reference: { label: 'C, hand-tuned', source: here('reference.c') },
  programs: counting,
  others: [
    { label: 'C, getline and strstr', source: here('plain.c') },
    { label: 'wc -l', command: ['wc', '-l'] },
  ],
};

/** Everything that counts text and has to agree with the C program. @param runtimes Node.js binaries to run ours with */
export function counting({ dist, runtimes }) {
  const ours = runtimes.map(({ label, path }) => ({
    label: `kwho, ${label}`,
    command: [path, here('count.mjs'), dist],
  }));
  const hasMawk = spawnSync('mawk', ['-W', 'version']).status === 0;
  return hasMawk ? [...ours, { label: 'mawk', command: ['sh', here('count-mawk.sh')] }] : ours;
}
