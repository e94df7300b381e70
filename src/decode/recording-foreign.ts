/** What a file is that is no recording of kwho, in words that complete "the file is …", and what to do about it. */
export interface ForeignFile {
  what: string;
  hint: string | undefined;
}

/**
 * Recognises files that get mistaken for recordings by their first bytes.
 * @param head the first 16 bytes or more; fewer only where the file has no more
 */
export function recogniseForeign(head: Uint8Array): ForeignFile {
  if (head.length === 0)
    return { what: 'empty', hint: 'was the disk full, or did the recording end at once?' };
  if (DAMAGED.test(Buffer.from(head.subarray(0, 16)).toString('latin1'))) {
    return { what: 'a recording whose first bytes were changed', hint: 'copy it again, in binary mode' };
  }
  const found = KNOWN.find(({ magic }) => startsWith(head, magic));
  if (found !== undefined) return found;
  return { what: isText(head) ? 'text' : 'none that kwho knows', hint: RECORD };
}

function startsWith(bytes: Uint8Array, start: string): boolean {
  return (
    bytes.length >= start.length && Buffer.from(bytes.subarray(0, start.length)).toString('latin1') === start
  );
}

/** The name of a process in such text may hold any byte but zero; a few bytes that are not ASCII are not decisive. */
function isText(head: Uint8Array): boolean {
  const strange = head.filter((byte) => byte >= 0x7f || (byte < 0x20 && ![9, 10, 13, 27].includes(byte)));
  return !head.includes(0) && strange.length <= head.length / 8;
}

/** A line end translated, the eighth bit lost, bytes recoded to UTF-8. */
const DAMAGED = /^(?:[\0-\xff]|\xc2\x89|\xef\xbf\xbd)KWR[\r\n]/;
const RECORD = 'kwho record FILE makes a recording';
const PACKETS = {
  what: 'a capture of packets, which does not tell what was dropped',
  hint: 'tcpdump -r FILE or tshark -r FILE reads it',
};

const KNOWN: readonly (ForeignFile & { magic: string })[] = [
  { magic: '\x1f\x8b', what: 'compressed by gzip', hint: 'gzip -dc FILE | kwho replay -' },
  { magic: '\xfd7zXZ\0', what: 'compressed by xz', hint: 'xz -dc FILE | kwho replay -' },
  { magic: '\x28\xb5\x2f\xfd', what: 'compressed by zstd', hint: 'zstd -dc FILE | kwho replay -' },
  {
    magic: '\x17\x08\x44tracing',
    what: 'a trace.dat of trace-cmd',
    hint: 'trace-cmd report -i FILE | kwho replay -',
  },
  { magic: 'PERFILE2', what: 'a perf.data', hint: 'perf script -i FILE | kwho replay -' },
  {
    magic: '2ELIFREP',
    what: 'a perf.data of a big-endian machine',
    hint: 'perf script -i FILE | kwho replay -',
  },
  ...['\xd4\xc3\xb2\xa1', '\xa1\xb2\xc3\xd4', '\x4d\x3c\xb2\xa1', '\xa1\xb2\x3c\x4d', '\x0a\x0d\x0d\x0a'].map(
    (magic) => ({ magic, ...PACKETS }),
  ),
];
