// Full decode of skb:kfree_skb lines into one object each, against a C program that decodes every field of them; and,
// to see where that one stands, against the C program that only counts.
import dropText, { familiar } from '../drop-text/case.mjs';

const here = (name) => new URL(name, import.meta.url).pathname;
const { source } = dropText.reference;
const flags = ['-DMODE="decode"'];

export default {
  name: 'drop-decode',
  title: 'skb:kfree_skb in trace text, every record and field, checksum of all of it',
  inputVersion: dropText.inputVersion,
  generate: dropText.generate,
  reference: { label: 'C, hand-tuned, every field', source, flags },
  programs: ({ dist, runtimes }) => [
    ...runtimes.map(({ label, path }) => ({
      label: `kwho, ${label}`,
      command: [path, here('decode.mjs'), dist],
    })),
    { label: 'C that predicts as kwho does', source: familiar, flags },
  ],
  others: [
    { label: 'C, hand-tuned, counts only', source },
    { label: 'wc -l', command: ['wc', '-l'] },
  ],
};
