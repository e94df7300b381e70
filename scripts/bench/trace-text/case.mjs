// Full decode of trace text, against C programs that do the same. A case has a name, an input, a hand-tuned reference
// in C, the programs to compare with it (all print the same line about the same input), and rows that only show where
// simpler tools stand.
import { readFileSync } from 'node:fs';
import { generate } from './generate.mjs';

const here = (name) => new URL(name, import.meta.url).pathname;

export default {
  name: 'trace-text',
  title: 'trace text, every record and field, checksum of all of it',
  /** Changes when the input would: a stored one is used again only then. */
  inputVersion: readFileSync(here('generate.mjs'), 'utf8'),
  generate,
  reference: { label: 'C, hand-tuned', source: here('tuned.c') },
  /** @param runtimes Node.js binaries to run ours with */
  programs: ({ dist, runtimes }) => [
    ...runtimes.map(({ label, path }) => ({
      label: `kwho, ${label}`,
      command: [path, here('decode.mjs'), dist],
    })),
    { label: 'C that predicts as kwho does', source: here('familiar.c') },
  ],
  others: [
    { label: 'wc -l', command: ['wc', '-l'] },
    {
      label: 'mawk, lines by fifth word',
      command: ['mawk', '{ n[$5]++ } END { for (k in n) s += n[k]; print s }'],
    },
  ],
};
