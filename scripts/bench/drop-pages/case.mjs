// The drops of drop-text as pages of trace_pipe_raw, and beside them as text. The size is that of the pages, and the text
// has four times as much.
import { readFileSync } from 'node:fs';
import { generate } from './generate.mjs';

const here = (name) => new URL(name, import.meta.url).pathname;
/** The text stands beside the pages. */
const OF_TEXT = 'exec "$0" "$1" "$2" "$3.text" $4';

export default {
  name: 'drop-pages',
  title:
    'skb:kfree_skb in raw ring-buffer pages, counted by (location, reason); the same drops as text, four times the bytes',
  inputVersion:
    readFileSync(here('generate.mjs'), 'utf8') +
    readFileSync(here('../drop-text/generate.mjs'), 'utf8') +
    readFileSync(here('../drop-text/drops.mjs'), 'utf8'),
  generate,
  scale: 2,
  reference: { label: 'C on pages, hand-tuned', source: here('reference.c') },
  programs: ({ dist, runtimes }) =>
    runtimes.flatMap(({ label, path }) => [
      { label: `kwho on pages, ${label}`, command: [path, here('count.mjs'), dist] },
      {
        label: `kwho on text, ${label}`,
        command: ['sh', '-c', OF_TEXT, path, here('../drop-text/count.mjs'), dist],
      },
    ]),
  others: [{ label: 'cat', command: ['cat'] }],
  compared: ({ runtimes }) =>
    runtimes.map(({ label }) => ({ slow: `kwho on text, ${label}`, fast: `kwho on pages, ${label}` })),
};
