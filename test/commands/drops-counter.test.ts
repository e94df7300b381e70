import { afterEach, expect, it } from 'vitest';
import { TableCounter } from '../../src/commands/drops-counter.js';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import { parseLocation } from '../../src/decode/kernel-location.js';
import type { DropField } from '../../src/model/drop-by.js';
import { readHist } from '../../src/tracefs/hist-trigger.js';
import { TraceInstance } from '../../src/tracefs/instance.js';
import { FakeTracefs } from '../tracefs/fake-tracefs.js';

const tracefs = new FakeTracefs();
afterEach(() => tracefs.journal.undo());

const PLAIN = 'skb/kfree_skb';
const PROBE = 'kwho_7/keys';
const UDP = `[ffffffff81b4ca75] ${'__udp4_lib_rcv+0x235/0xd90'.padEnd(55)}`;
const DEVICE = 'ffff888004a95000';

/** Tables of a kernel that goes on dropping packets: between any two files that are read, there are seven more. */
class Storm extends TraceInstance {
  dropped = 0;

  override read(file: string): string {
    this.dropped += 7;
    return file === `events/${PLAIN}/hist`
      ? table(
          'location.sym-offset,reason,protocol',
          `location: ${UDP}, reason: ${THREE}, protocol: ${IPV4}`,
          this,
        )
      : [
          table('loc.sym-offset,reason,devp.hex', `loc: ${UDP}, reason: ${THREE}, devp: ${DEVICE}`, this),
          table('devp.hex,dev,netns', `devp: ${DEVICE}, dev: ${'lo'.padEnd(50)}, netns: 4026531840`, this),
        ].join('\n\n');
  }
}

const THREE = '3'.padStart(10);
const IPV4 = '2048'.padStart(10);

/** One line, as the kernel prints it. */
function table(keys: string, line: string, { dropped }: Storm): string {
  const count = String(dropped).padStart(10);
  return (
    `# event histogram\n#\n# trigger info: hist:keys=${keys}:vals=hitcount:sort=hitcount:size=8192 [active]\n#\n\n` +
    `{ ${line} } hitcount: ${count}\n\nTotals:\n    Hits: ${dropped}\n    Entries: 1\n    Dropped: 0\n`
  );
}

function counterOf(by: readonly DropField[]): TableCounter {
  const instance = new Storm(tracefs.path, 7, tracefs.journal);
  const tables = {
    total: { event: PLAIN, index: 0 },
    devices: { event: PROBE, index: 0 },
    names: { event: PROBE, index: 1 },
    sockets: [],
    extra: null,
  };
  return new TableCounter((event) => readHist(instance, event), tables, by, {
    reasons: new DropReasons(null),
    hasReason: true,
    swapped: false,
    name: (_, text) => parseLocation(text.trim()),
    netnsName: () => null,
  });
}

const sum = (rows: readonly { count: number }[]) => rows.reduce((all, { count }) => all + count, 0);

it('while drops go on, the last rows are by interface to the last drop, and all that is counted is in them', () => {
  const counter = counterOf(['location', 'reason', 'dev', 'netns']);
  expect(counter.snapshot()).toMatchObject({ counted: 14, rows: [{ count: 7 }] });
  const { counted, unplaced, rows } = counter.last();
  expect(rows.map(({ key, count }) => [key.location?.symbol, key.dev, count])).toEqual([
    ['__udp4_lib_rcv', 'lo', 28],
  ]);
  expect([counted, unplaced]).toEqual([28, 0]);
});

it('rows by protocol are of the total, and so is the count', () => {
  const { counted, rows, others } = counterOf(['proto']).last();
  expect(others).toMatchObject([{ key: { protocol: 0x0800 }, count: 14 }]);
  expect([counted, sum(rows)]).toEqual([14, 14]);
});
