import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import { DropTextCounter } from '../../src/decode/drop-text-counter.js';
import { parseEventFormat } from '../../src/decode/event-format.js';
import { TraceTextDecoder } from '../../src/decode/trace-text.js';
import { type DropLine, dropLine, dropLines, kernels } from './drop-lines.js';

describe('samples of four kernels', () => {
  it.each([
    ['5.10', 'ffffffffad5f2522', null],
    ['6.1', '0000000043100860', 'NO_SOCKET'],
    ['6.12', '__udp4_lib_rcv+0x235/0xd90', 'NO_SOCKET'],
    ['7.2', 'udp_rcv+0x452/0xc50', 'NO_SOCKET'],
  ])('%s', (kernel, location, reason) => {
    const counter = count(fixture(kernel, 'kfree_skb-default'));
    const found = counter.counts();
    expect(found.every(({ protocol }) => protocol === 2048)).toBe(true);
    expect(found).toContainEqual({ location, reason, protocol: 2048, count: found[0]?.count });
    expect(counter.malformed).toEqual({ count: 0, samples: [] });
  });

  it('a module behind the location, other events between', () => {
    const counter = count(fixture('6.12', 'drop-nft-forward-drop'));
    expect(counter.counts()).toEqual([
      {
        location: 'nft_do_chain+0x40e/0x630 [nf_tables]',
        reason: 'NETFILTER_DROP',
        protocol: 2048,
        count: 1,
      },
    ]);
    expect(counter).toMatchObject({ seen: 1, others: 1, lost: 0 });
  });

  it('several places in one sample', () => {
    expect(count(fixture('6.12', 'drop-udp-rcvbuf-overflow')).counts()).toEqual([
      { location: 'udp_queue_rcv_one_skb+0x40a/0x530', reason: 'SOCKET_RCVBUFF', protocol: 2048, count: 18 },
      { location: 'udp_destruct_common+0xbd/0xf0', reason: 'NOT_SPECIFIED', protocol: 2048, count: 2 },
    ]);
    expect(
      count(fixture('5.10', 'drop-udp-rcvbuf-overflow'))
        .counts()
        .map((each) => each.count),
    ).toEqual([18, 2]);
  });

  it('6.1 with options/hash-ptr off: no reason, which is not the reason ""', () => {
    const [drop] = count(fixture('6.1', 'kfree_skb-option-sym-offset')).counts();
    expect(drop).toMatchObject({ location: 'ffffffff908b4632', reason: null });
  });

  it('times of the first and the last drop', () => {
    const counter = count(fixture('6.12', 'drop-NOISE-unix-socket-closed-with-unread'));
    expect(counter).toMatchObject({ firstTime: 92330309000, lastTime: 92331173000 });
  });

  it('says what it lost', () => {
    const live = readFileSync(new URL('../fixtures/6.12/A-lost-events-live.trace_pipe.txt', import.meta.url));
    const said = [...live.toString('latin1').matchAll(/LOST (\d+) EVENTS/g)].map(([, lost]) => Number(lost));
    const counter = count(live);
    expect(said.length).toBeGreaterThan(0);
    expect(counter.lost).toBe(said.reduce((sum, lost) => sum + lost, 0));
    // The sample was cut.
    expect(counter.malformed.samples.map(({ why }) => why)).toEqual(['a line that does not end']);
    expect(count('CPU:0 [LOST EVENTS]\n')).toMatchObject({ lost: 0, lostUncounted: 1 });
  });

  it('counts what the general decoder finds', () => {
    for (const kernel of kernels) {
      for (const name of SCENARIOS) {
        const text = fixture(kernel, name);
        expect(byPlace(count(text).counts()), `${kernel} ${name}`).toEqual(general(kernel, text));
      }
    }
  });

  it('options that print other fields: malformed, not wrong', () => {
    const counter = count(fixture('7.2', 'kfree_skb-option-fields'));
    expect(counter).toMatchObject({ seen: 0, malformed: { count: 1 } });
    expect(counter.malformed.samples[0]?.why).toContain('skbaddr=');
  });
});

describe('names', () => {
  it.each([
    'kfree_skb: x',
    ' location=a',
    '[001] ..s1.  1',
    ': a: b',
    '\xff\xfe\x80',
    '-12',
    'a\nb',
    '\n',
    'CPU:0 [LOST 3',
    '<...>',
    ' reason: X',
    'kfree_skb: skb',
  ])('%j', (comm) => {
    const lines = [line({ comm }), line({ comm: 'nginx' }), line({ comm })];
    const counter = count(lines.join(''));
    expect(counter.counts()).toEqual([{ ...PLACE, count: 3 }]);
    expect(counter).toMatchObject({ others: 0, malformed: { count: 0 } });
  });

  it.each([7, 1234567, 12345678, 4194304999])('pid %d', (tid) => {
    expect(count(line({ tid }) + line({ tid })).counts()).toEqual([{ ...PLACE, count: 2 }]);
  });

  it('cannot put a drop into another event', () => {
    const head = '           login-7       [001] .....     1.000000: ';
    const text = `${head}exec: (a+0x0/0x1) f="kfree_skb: skbaddr=0000000000000001 protocol=8 location=b reason: C"\n`;
    expect(count(text)).toMatchObject({ seen: 0, others: 1, malformed: { count: 0 } });
  });
});

describe('columns', () => {
  it.each([0, 99999, 100000, 12345678, 1700000000])('%d seconds since boot', (seconds) => {
    const time = seconds * 1e9 + 123456000;
    const counter = count(line({ time }).repeat(3));
    expect(counter).toMatchObject({ seen: 3, firstTime: time, lastTime: time, malformed: { count: 0 } });
  });

  it.each(['', '....', '..s1.', 'd.h2.', 'bNs1.'])('flags "%s"', (flags) => {
    expect(count(line({ flags }).repeat(3)).seen).toBe(3);
  });

  it('CPUs from 1000 on, record-tgid, a clock that is a number', () => {
    const usual = line({});
    const others = [
      usual.replace('[001]', '[1023]'),
      usual.replace('[001]', '(    176) [001]'),
      usual.replace('[001]', '(-------) [001]'),
      usual.replace('    7.000001:', ' 123456:'),
    ];
    const counter = count(others.flatMap((each) => [each, usual]).join(''));
    expect(counter).toMatchObject({ seen: 8, malformed: { count: 0 } });
  });

  it('pointers before the random numbers are there, and of 32 bits', () => {
    const text =
      line({}).replace(/skbaddr=\S+/, 'skbaddr=(____ptrval____)') +
      line({}).replace(/(skbaddr|rx_sk)=\S{8}/g, '$1=');
    expect(count(text).seen).toBe(2);
  });
});

describe('malformed', () => {
  it.each([
    ['no header', 'hello\n'],
    ['no fields', line({}).replace('skbaddr=', 'skb=')],
    ['no location', line({}).replace(/location=\S+/, 'location=')],
    ['a location that ends in a control byte', line({}).replace('/0xd90', '\x1b[2J')],
    ['a protocol beyond 16 bits', line({}).replace('protocol=2048', 'protocol=65536')],
    ['a protocol that is none', line({}).replace('protocol=2048', 'protocol=')],
    ['a digit that is none', line({}).replace('.000001', '.00000a')],
    ['a name without its column', line({}).slice(1)],
    ['no newline', line({}).slice(0, -1)],
    ['a line that is too long', `${line({}).slice(0, -1)}${'x'.repeat(40_000)}\n`],
  ])('%s', (_, text) => {
    const counter = count(line({}) + text);
    expect(counter).toMatchObject({ seen: 1, malformed: { count: 1 } });
    expect(counter.malformed.samples[0]?.sample).toBe(text.slice(0, 120).split('\n')[0]);
    const between = count(line({}) + text.replace(/\n?$/, '\n') + line({}));
    expect(between).toMatchObject({ seen: text.endsWith('\n') ? 2 : 3 });
  });

  it('keeps few samples of many', () => {
    const counter = count('nonsense\n'.repeat(1000));
    expect(counter.malformed.count).toBe(1000);
    expect(counter.malformed.samples.length).toBeLessThan(10);
  });
});

describe('drain', () => {
  it('gives what came since the last time, counts() all of it', () => {
    const counter = new DropTextCounter();
    const other = { location: 'ip_error+0x97/0x200', reason: 'IP_INNOROUTES', protocol: 2048 };
    counter.push(Buffer.from(line({}).repeat(3)));
    expect(counter.drain()).toEqual([{ ...PLACE, count: 3 }]);
    expect(counter.drain()).toEqual([]);
    counter.push(Buffer.from(line({}) + line(other).repeat(2)));
    expect(counter.drain()).toEqual([
      { ...PLACE, count: 1 },
      { ...other, count: 2 },
    ]);
    expect(counter.counts()).toEqual([
      { ...PLACE, count: 4 },
      { ...other, count: 2 },
    ]);
    expect(counter.seen).toBe(6);
  });

  it('holds a cut line back until it is whole', () => {
    const counter = new DropTextCounter();
    const text = Buffer.from(line({}).repeat(2));
    counter.push(text.subarray(0, -1));
    expect(counter.seen).toBe(1);
    counter.push(text.subarray(-1));
    expect(counter.seen).toBe(2);
  });
});

describe('any text', () => {
  it('lines with any names, as they were made', () => {
    fc.assert(
      fc.property(dropLines, fc.infiniteStream(fc.integer({ min: 1, max: 300 })), (lines, sizes) => {
        const text = Buffer.from(lines.map(dropLine).join(''), 'latin1');
        const counter = new DropTextCounter();
        for (const piece of pieces(text, sizes)) counter.push(piece);
        counter.end();
        expect(counter.malformed).toEqual({ count: 0, samples: [] });
        expect(byPlace(counter.counts())).toEqual(byPlace(lines.map((each) => ({ ...each, count: 1 }))));
      }),
    );
  });

  it('the same counts in any pieces, whatever the bytes', () => {
    const soup = fc.array(
      fc.oneof(
        dropLines.map((lines) => Buffer.from(lines.map(dropLine).join(''), 'latin1')),
        dropLines.chain((lines) => spoilt(Buffer.from(lines.map(dropLine).join(''), 'latin1'))),
        fc.uint8Array({ maxLength: 200 }),
        fc
          .constantFrom(
            'CPU:3 [LOST 12 EVENTS]\n',
            ' => ip_rcv+0x1\n',
            '\n',
            '# tracer: nop\n',
            '\0',
            ' '.repeat(60),
          )
          .map((text) => Buffer.from(text)),
      ),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(soup, fc.infiniteStream(fc.integer({ min: 1, max: 400 })), (parts, sizes) => {
        const text = Buffer.concat(parts);
        const cut = new DropTextCounter();
        for (const piece of pieces(text, sizes)) cut.push(piece);
        cut.end();
        expect(state(cut)).toEqual(state(count(text)));
      }),
      { numRuns: 400 },
    );
  });

  it('very many keys', () => {
    const lines = Array.from({ length: 30_000 }, (_, index) =>
      line({ location: `f_${index % 20_000}+0x1/0x2` }),
    );
    const counter = count(lines.join(''));
    const counts = counter.counts();
    expect(counter.seen).toBe(30_000);
    expect(counts).toHaveLength(20_000);
    expect(counts[9_999]).toEqual({
      location: 'f_9999+0x1/0x2',
      reason: 'NO_SOCKET',
      protocol: 2048,
      count: 2,
    });
    expect(counts[10_000]).toMatchObject({ location: 'f_10000+0x1/0x2', count: 1 });
  });

  it('keys that start alike, and one longer than any that is predicted', () => {
    const long = 'x'.repeat(400);
    const places = ['A', 'B', 'AB', 'A2'].flatMap((reason) => [
      line({ reason }),
      line({ reason, location: `${long}+0x1/0x2 [m]` }),
    ]);
    const counter = count(Array.from({ length: 50 }, () => places.join('')).join(''));
    expect(counter.counts().map((each) => each.count)).toEqual(new Array(8).fill(50));
  });
});

const PLACE = { location: '__udp4_lib_rcv+0x235/0xd90', reason: 'NO_SOCKET', protocol: 2048 };

const SCENARIOS = [
  'udp-closed-port',
  'nft-forward-drop',
  'qdisc-netem-loss',
  'udp-rcvbuf-overflow',
  'unknown-ethertype-88b5',
  'ipv6-disabled-host',
  'NOISE-unix-socket-closed-with-unread',
].map((name) => `drop-${name}`);

function fixture(kernel: string, name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${kernel}/B-${name}.trace.txt`, import.meta.url));
}

function line(parts: Partial<DropLine>): string {
  return dropLine({
    kernel: '6.12',
    comm: 'iperf3',
    tid: 171,
    cpu: 1,
    flags: '..s1.',
    time: 7_000_001_000,
    ...PLACE,
    ...parts,
  });
}

function count(text: string | Uint8Array): DropTextCounter {
  const counter = new DropTextCounter();
  counter.push(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  counter.end();
  return counter;
}

function* pieces(bytes: Uint8Array, sizes: Iterator<number>): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; ) {
    const to = from + Number(sizes.next().value);
    // The counter may not keep what is pushed.
    const piece = Uint8Array.from(bytes.subarray(from, to));
    yield piece;
    piece.fill(0x41);
    from = to;
  }
}

/** Some of the bytes are others. */
function spoilt(bytes: Buffer): fc.Arbitrary<Buffer> {
  return fc
    .array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(10, 32, 45, 48, 58))), { maxLength: 4 })
    .map((changes) => {
      const changed = Buffer.from(bytes);
      for (const [at, byte] of changes) if (changed.length > 0) changed[at % changed.length] = byte;
      return changed;
    });
}

function state(counter: DropTextCounter) {
  const { seen, lost, lostUncounted, others, firstTime, lastTime, malformed } = counter;
  return { counts: counter.counts(), seen, lost, lostUncounted, others, firstTime, lastTime, malformed };
}

function byPlace(
  counts: readonly { location: string; reason: string | null; protocol: number; count: number }[],
) {
  const sums = new Map<string, number>();
  for (const { location, reason, protocol, count } of counts) {
    const key = `${protocol} ${location} ${reason ?? ''}`;
    sums.set(key, (sums.get(key) ?? 0) + count);
  }
  return sums;
}

/** What the decoder that knows nothing of drops makes of it. */
function general(kernel: string, text: Uint8Array) {
  const found: Parameters<typeof byPlace>[0][number][] = [];
  const path = new URL(`../fixtures/${kernel}/format-skb-kfree_skb.txt`, import.meta.url);
  const format = parseEventFormat(readFileSync(path, 'utf8'));
  const reasons = new DropReasons(format);
  const decoder = new TraceTextDecoder({
    formats: [format],
    emit: (record) => {
      if (record.kind !== 'event' || record.name !== 'kfree_skb') return;
      const { location, reason, protocol } = record.fields;
      found.push({
        location:
          typeof location === 'number' || typeof location === 'bigint'
            ? location.toString(16).padStart(16, '0')
            : String(location),
        reason: typeof reason === 'number' ? reasons.name(reason) : null,
        protocol: Number(protocol),
        count: 1,
      });
    },
  });
  decoder.push(text);
  decoder.end();
  return byPlace(found);
}
