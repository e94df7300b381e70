// Two hundred thousand distinct (location, reason): here predicting loses, and a hash of the bytes has to hold.
import { readFileSync } from 'node:fs';
import dropText, { againstMawk, counting } from '../drop-text/case.mjs';
import { generate } from './generate.mjs';

const here = (name) => new URL(name, import.meta.url).pathname;

export default {
  name: 'drop-keys',
  title: 'skb:kfree_skb in trace text with 200,000 distinct (location, reason), counted',
  inputVersion:
    readFileSync(here('generate.mjs'), 'utf8') +
    readFileSync(here('../drop-text/generate.mjs'), 'utf8') +
    readFileSync(here('../drop-text/drops.mjs'), 'utf8'),
  generate,
  reference: dropText.reference,
  programs: counting,
  others: [{ label: 'wc -l', command: ['wc', '-l'] }],
  compared: againstMawk,
};
