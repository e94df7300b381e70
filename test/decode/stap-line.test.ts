import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropReasons } from '../../src/decode/drop-reasons.js';
import { type StapEnd, StapLines } from '../../src/decode/stap-line.js';
import type { StapHeader } from '../../src/decode/stap-record.js';
import type { EventRecord, MalformedRecord } from '../../src/decode/trace-record.js';
import { readDrop } from '../../src/model/drop-record.js';

const HEADER =
  'kwho\t1\tdrops\trelease=6.1.0-56-amd64\ttime=1\tinterval=5000\tevents=1\tstack=24\tnarrow=1\t.\n';

function decode(...pieces: (string | Uint8Array)[]) {
  const records: (EventRecord | MalformedRecord)[] = [];
  const begins: StapHeader[] = [];
  const ends: StapEnd[] = [];
  const lines = new StapLines({
    begin: (header) => begins.push(header),
    record: (record) => records.push(record),
    end: (end) => ends.push(end),
  });
  for (const piece of pieces) lines.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  lines.finish();
  return { records, begins, ends, malformed: lines.malformed, ended: lines.ended };
}

/** An IPv4 datagram from 10.1.1.1:5353 to 10.1.1.2:9 behind 16 bytes of headroom. */
const DATAGRAM = `${'00'.repeat(16)}4500002100004000401164aa0a0101010a01010214e90009000d0000${'61'.repeat(5)}`;
const DROP = [
  'drop\t12874361000\t1\t119\tpython3\tloc=ffffffff908b4632\treason=3\tproto=8\tlen=33',
  'devp=ffff9a0001234000\tdev=s0\tifindex=2\tnetns=4026532209\tsk=0\tsknet=0\trxsk=0\trxnet=0',
  `mh=0\tnh=16\tth=36\thead=ffff9a0002000000\tdata=ffff9a0002000010\ttail=49\tpt=0\tbytes=${DATAGRAM}`,
  'stack=ffffffff908b4632,ffffffff90800000\t.\n',
].join('\t');

describe('a drop', () => {
  it('reads as a record of the probe does', () => {
    const { records, malformed } = decode(HEADER, DROP);
    expect(malformed).toBe(0);
    const [record] = records as [EventRecord];
    expect(record).toMatchObject({
      kind: 'event',
      name: 'drop',
      time: 12874361000,
      cpu: 1,
      tid: 119,
      comm: 'python3',
    });
    expect(record.fields.stack).toEqual([0xffffffff908b4632n, 0xffffffff90800000n]);
    const drop = readDrop(record, {
      reasons: new DropReasons(null),
      name: (address) => ({ symbol: `at_${address.toString(16)}`, offset: 1, module: null }),
      netnsName: () => 'blue',
    });
    expect(drop).toMatchObject({
      location: { symbol: 'at_ffffffff908b4632', address: '0xffffffff908b4632' },
      reason: '3',
      protocol: 0x0800,
      dev: 's0',
      ifindex: 2,
      netns: 4026532209,
      netnsName: 'blue',
      length: 33,
      packetType: 0,
      flow: {
        family: 'ipv4',
        proto: 'udp',
        src: '10.1.1.1',
        dst: '10.1.1.2',
        sport: 5353,
        dport: 9,
        ttl: 64,
      },
    });
  });

  it('without a device belongs to its socket, and a kernel before 5.17 gives no reason', () => {
    const line =
      'drop\t5\t0\t0\tswapper/0\tloc=ffffffff908b4632\tproto=0\tlen=0\tdevp=0\tsk=ffff9a0001234000\tsknet=4026532209\t.\n';
    const [record] = decode(HEADER, line).records as [EventRecord];
    const drop = readDrop(record, {
      reasons: new DropReasons(null),
      name: () => null,
      netnsName: () => null,
    });
    expect(drop).toMatchObject({ dev: null, netns: 4026532209, reason: null, flow: null });
  });
});

it('a count', () => {
  const { records } = decode(
    HEADER,
    'count\t9\t0\t7\tstapio\tfrom=1\tto=9\tloc=ffffffff908b4632\treason=3\tdev=eth0\tnetns=4026531840\tcount=12\tbytes=512\t.\n',
  );
  expect(records).toEqual([
    {
      kind: 'event',
      name: 'drop_count',
      time: 9,
      cpu: 0,
      tid: 7,
      comm: 'stapio',
      fields: {
        from: 1,
        to: 9,
        loc: 0xffffffff908b4632n,
        reason: 3,
        dev: 'eth0',
        netns: 4026531840,
        count: 12,
        bytes: 512,
      },
    },
  ]);
});

describe('a door of the log', () => {
  it('call and return carry the names that the ledger knows, and the caller with all its words', () => {
    const { records } = decode(
      'kwho\t1\tlog\trelease=unknown\ttime=1\t.\n',
      'call\t5\t1\t119\tdmesg\tdo_syslog.part.0\tpid=119\tuid=0\ttype=5\tbuf=0\tlen=0\tsource=0\ta=dmesg\ta=\ta=a\\tb\\"\\033\\u00e4\tcut=1\tp=1 sh\tp=0 swap per\t.\n',
      'return\t6\t1\t119\tdmesg\tdo_syslog.part.0\tret=-14\t.\n',
    );
    expect(records).toMatchObject([
      {
        name: 'in_do_syslog_part_0',
        comm: 'dmesg',
        fields: {
          type: 5,
          buf: 0n,
          source: 0,
          argv: ['dmesg', '', 'a\tb"\x1b\xc3\xa4'],
          cut: 1,
          parents: [
            [1, 'sh'],
            [0, 'swap per'],
          ],
        },
      },
      { name: 'out_do_syslog_part_0', fields: { ret: -14 } },
    ]);
  });
});

describe('the first and the last line', () => {
  it('tell version, kernel, and how much was seen and missed', () => {
    const { begins, ends, ended } = decode(HEADER, 'end\t9\t0\t7\tstapio\tseen=12\tmissed=3\t.\n');
    expect(begins).toEqual([
      {
        ...{ kind: 'begin', version: 1, script: 'drops', release: '6.1.0-56-amd64', time: 1 },
        ...{ events: true, stackDepth: 24, narrow: true },
      },
    ]);
    const { begins: older } = decode('kwho\t1\tlog\trelease=6.1.0-56-amd64\ttime=1\t.\n');
    expect(older).toMatchObject([{ script: 'log', events: false, stackDepth: 0, narrow: false }]);
    expect(ends).toEqual([{ kind: 'end', time: 9, seen: 12, missed: 3 }]);
    expect(ended).toBe(true);
  });

  it('records of another version are not guessed at', () => {
    const { records, malformed } = decode(HEADER.replace('\t1\t', '\t2\t'), DROP);
    expect(malformed).toBe(1);
    expect(records).toMatchObject([{ kind: 'malformed', why: expect.stringContaining('version 2') }]);
  });

  it('a stream without its end is known to be cut', () => {
    expect(decode(HEADER, DROP).ended).toBe(false);
  });
});

it.each([
  ['cut anywhere', DROP.slice(0, 60)],
  ['of an unknown kind', 'drip\t1\t1\t1\tx\t.'],
  ['with a number that is none', 'return\t6\t1\t119\tdmesg\tdo_syslog\tret=x\t.'],
  ['with a field twice', 'return\t6\t1\t119\tdmesg\tdo_syslog\tret=1\tret=2\t.'],
  ['with a raw escape byte in a name', 'return\t6\t1\t119\tdm\x1besg\tdo_syslog\tret=1\t.'],
  ['with a function that is none', 'return\t6\t1\t119\tdmesg\t../x\tret=1\t.'],
  ['a second header', HEADER.trim()],
  ['empty', '\n'],
])('a line %s is counted, and the next one read', (_, line) => {
  const { records, malformed } = decode(HEADER, `${line}\n`.replace('\n\n', '\n'), DROP);
  expect(malformed).toBe(1);
  expect(records.map(({ kind }) => kind)).toEqual(['malformed', 'event']);
});

it('before the header stands nothing', () => {
  expect(decode(DROP, HEADER, DROP)).toMatchObject({ malformed: 1, begins: [{}] });
});

it('a line without end holds no memory and is one complaint', () => {
  const flood = 'x'.repeat(1 << 16);
  const { malformed, records } = decode(HEADER, ...Array(40).fill(flood), '\n', DROP);
  expect(malformed).toBe(1);
  expect((records[0] as MalformedRecord).sample).toHaveLength(80);
  expect(records[1]).toMatchObject({ kind: 'event' });
});

describe('any bytes', () => {
  const GOOD = [HEADER, DROP, 'end\t9\t0\t7\tstapio\tseen=1\tmissed=0\t.\n'].join('');

  it('however cut, give the same', () => {
    const whole = decode(GOOD);
    fc.assert(
      fc.property(fc.array(fc.nat(GOOD.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), GOOD.length];
        expect(decode(...at.slice(1).map((to, index) => GOOD.slice(at[index], to)))).toEqual(whole);
      }),
    );
  });

  it('every line is a record or a complaint', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(
          fc.constantFrom(
            'drop',
            'call',
            'kwho',
            '\t',
            '1',
            '.',
            '\n',
            '=',
            'a=',
            'p=',
            '\\',
            '\\u',
            '\0',
            'loc=ff',
          ),
          {
            maxLength: 40,
          },
        )
        .map((words) => Uint8Array.from(Buffer.from(words.join('')))),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 5 }), (pieces) => {
        const { records, begins, ends, malformed } = decode(...pieces);
        const text = Buffer.concat(pieces).toString('latin1');
        const lines = text.split('\n').length - (text === '' || text.endsWith('\n') ? 1 : 0);
        expect(records.length + begins.length + ends.length).toBe(lines);
        expect(records.filter(({ kind }) => kind === 'malformed')).toHaveLength(malformed);
      }),
      { numRuns: 500 },
    );
  });

  it('a line with one byte changed is read or complained of, never two lines of it', () => {
    const lines = DROP.length;
    fc.assert(
      fc.property(
        fc.nat(lines - 2),
        fc.integer({ min: 0, max: 255 }).filter((byte) => byte !== 10),
        (at, byte) => {
          const bytes = Buffer.from(DROP, 'latin1');
          bytes[at] = byte;
          expect(decode(HEADER, bytes).records).toHaveLength(1);
        },
      ),
    );
  });
});
