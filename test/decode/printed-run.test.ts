import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteStrings } from '../../src/decode/byte-strings.js';
import { parseEventFormat } from '../../src/decode/event-format.js';
import { numberReader } from '../../src/decode/number-reader.js';
import { printedLayout } from '../../src/decode/print-format.js';
import { PrintedEvent } from '../../src/decode/printed-event.js';
import { runsOf } from '../../src/decode/printed-run.js';
import { stepsOf } from '../../src/decode/printed-step.js';
import { TextWindow } from '../../src/decode/text-window.js';
import type { Fields } from '../../src/decode/trace-record.js';

describe('runsOf', () => {
  it('kfree_skb: protocol, place and reason come back together', () => {
    const { fields, steps } = layoutOf('6.12/format-skb-kfree_skb.txt');
    const runs = runsOf(stepsOf({ fields, steps, place: false, tail: '' }));
    expect(runs.map(({ from, to, skip }) => ({ names: namesOf(from, to), skip }))).toEqual([
      { names: ['protocol', 'location', 'reason'], skip: ' protocol='.length },
    ]);

    function namesOf(from: number, to: number) {
      return steps.slice(from, to).map(({ field }) => fields[field]?.name);
    }
  });

  it('names of processes and files are no runs: they are read as fast as looked up', () => {
    const layout = layoutOf('6.12/format-sched-sched_process_exec.txt');
    expect(runsOf(stepsOf(layout))).toEqual([]);
  });
});

describe('what is remembered reads as what is new', () => {
  const pointer = fc.oneof(
    fc.constant('0'.repeat(16)),
    fc.bigInt({ min: 0n, max: 2n ** 32n }).map((value) => value.toString(16).padStart(16, '0')),
    fc.bigInt({ min: 2n ** 52n, max: 2n ** 64n - 1n }).map((value) => value.toString(16)),
    fc.constantFrom('(null)', '00000000ABCDEF01', '00000000abcdefg1', '0000000012345678f', '1f'),
  );
  const place = fc.constantFrom(
    'ip_rcv+0x1/0x2',
    'ip_rcv+0x1/0x2 [mod]',
    'a',
    '',
    'x reason: y',
    `${'l'.repeat(90)}+0x1/0x2`,
    `${'l'.repeat(130)}+0x1/0x2`,
    'a location=b reason: NO_SOCKET',
    '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
  );
  const reason = fc.constantFrom('NO_SOCKET', 'NOT_SPECIFIED', '0x40001', 'NONSENSE', '', 'NO_SOCKETS');
  const protocol = fc.constantFrom('0', '8', '2048', '34525', '-1', '', '99999999999999999999');

  it('kfree_skb', () => {
    const layout = layoutOf('6.12/format-skb-kfree_skb.txt');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(pointer, pointer, protocol, place, reason), { minLength: 1, maxLength: 20 }),
        (lines) => {
          const { match, search } = reader(layout);
          for (const [skb, sk, proto, location, why] of [...lines, ...lines, ...lines]) {
            const text = `skbaddr=${skb} rx_sk=${sk} protocol=${proto} location=${location} reason: ${why}`;
            const matched = match(text);
            if (matched !== null) expect(matched).toEqual(search(text));
            // The usual lines take the fast way.
            else if (/^0{8}[0-9a-f]{8}$/.test(skb) && skb === sk && proto === '2048' && location === 'a')
              expect(['NONSENSE', '', 'NO_SOCKETS']).toContain(why);
          }
        },
      ),
    );
  });

  it('stays in the buffer at its very end, with a literal longer than what is compared at a time', () => {
    const literal = 'x'.repeat(200);
    const layout = printedLayout(
      parseEventFormat(
        `name: made\nID: 1\nformat:\n\n\tfield:int v;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:int w;\toffset:12;\tsize:4;\tsigned:1;\n\nprint fmt: "${literal}%s ${literal}%s", __print_symbolic(REC->v, { 1, "one" }), __print_symbolic(REC->w, { 2, "two" })\n`,
      ),
    );
    if (layout === null) throw new Error('expected a layout');
    for (let room = 0; room < 450; room++) {
      const { match } = reader(layout, 4096, 4096 - room);
      const text = `${literal}one ${literal}two`;
      expect(match(text)).toEqual(room > text.length ? { v: 1, w: 2 } : null);
    }
  });
});

function layoutOf(path: string) {
  const text = readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8');
  const layout = printedLayout(parseEventFormat(text));
  if (layout === null) throw new Error(`expected a layout of ${path}`);
  return layout;
}

/** Reads texts that stand, one at a time and with a newline, at a position of the window. */
function reader(layout: NonNullable<ReturnType<typeof printedLayout>>, capacity = 4096, at = 0) {
  const window = new TextWindow(capacity);
  const event = new PrintedEvent(layout, {
    window,
    numbers: numberReader(window),
    strings: new ByteStrings(),
  });
  const put = (text: string) => {
    window.discard(window.end);
    window.bytes.fill(32, 0, at);
    window.extend(at + window.bytes.write(`${text}\n`, at, window.capacity - at, 'latin1'));
  };
  return {
    match(text: string): Fields | null {
      put(text);
      return event.match(at);
    },
    search(text: string): Fields | null {
      put(text);
      return event.search(window, at, window.end);
    },
  };
}
