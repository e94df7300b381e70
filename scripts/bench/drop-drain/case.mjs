// How fast a kernel's ring buffer is emptied of the same drops, as pages and as text: with the reading, and with what it
// takes the kernel to print them. drop-pages has the decoding alone.
import { runInGuest } from '../in-guest.mjs';

export default {
  name: 'drop-drain',
  run: ({ rounds, say }) => runInGuest('drop-drain', ['drop-drain/guest.mjs', rounds], say),
};
