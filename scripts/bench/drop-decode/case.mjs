// Full decode of skb:kfree_skb lines into one object each, against a C program that decodes every field of them; and,
// to see where that one stands, against the C program that only counts.
import dropText from '../drop-text/case.mjs';

const here = (name) => new URL(name, import.meta.url).pathname;
const source = dropText.reference.source;

export default {
  name: 'drop-decode',
  title: 'skb:kfree_skb in trace text, every record and field, checksum of all of it',
  inputVersion: dropText.inputVersion,
  generate: dropText.generate,
  reference: { label: 'C, every field', source, flags: ['-DMODE="decode"'] },
  programs: ({ dist, runtimes }) =>
    runtimes.map(({ label, path }) => ({
      label: `kwho, ${label}`,
      command: [path, here('decode.mjs'), dist],
    })),
  others: [
    { label: 'C, counts only', source, flags: ['-DMODE="count"'] },
    { label: 'wc -l', command: ['wc', '-l'] },
  ],
};
