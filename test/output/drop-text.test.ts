import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropCatalogue } from '../../src/explain/drop-catalogue.js';
import type { DropCountEvent, DropKey, KwhoEvent, SummaryEvent } from '../../src/model/events.js';
import { DropTextSink } from '../../src/output/drop-text.js';
import { dropEvent } from '../model/drops.js';
import { CollectingChannel } from './collecting-channel.js';

/** Noon, wherever the test runs. */
const NOON = new Date(2026, 0, 2, 12, 0, 0).getTime();
const HOST = 4026531840;

const data = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../probes/${name}.json`, import.meta.url), 'utf8'));
const catalogue = DropCatalogue.of(data('drop-reasons'), data('drop-functions'));

interface Screen {
  color?: boolean;
  columns?: number | null;
  counted?: number;
  detailed?: number;
  /** Without plain words, whose wording is the catalogue's. */
  quiet?: boolean;
}

function open({ color = false, columns = null, counted = 0, detailed = counted, quiet = true }: Screen = {}) {
  const channel = new CollectingChannel();
  const sink = new DropTextSink(channel, {
    color,
    columns: () => columns,
    wall: (time) => NOON + time * 1000,
    explain: (reason, symbol) => (quiet ? null : catalogue.explain(reason, symbol)),
    host: HOST,
    progress: () => ({ counted, detailed }),
  });
  return { channel, sink };
}

function show(events: readonly KwhoEvent[], screen: Screen = {}): string {
  const { channel, sink } = open(screen);
  for (const event of events) sink.event(event);
  sink.end();
  return channel.text;
}

const PLACE: DropKey = {
  location: { symbol: '__udp4_lib_rcv', offset: 0x235, module: null, address: null },
  reason: 'NO_SOCKET',
  dev: 's0',
  ifindex: 2,
  netns: 4026532208,
  netnsName: 'server',
};
const NFT: DropKey = {
  location: { symbol: 'nft_do_chain', offset: 0x5cc, module: 'nf_tables', address: null },
  reason: 'NETFILTER_DROP',
  dev: 'eth0',
  ifindex: null,
  netns: HOST,
  netnsName: null,
};
const CLOSE: DropKey = {
  location: { symbol: 'unix_release_sock', offset: 0x31b, module: null, address: null },
  reason: 'SOCKET_CLOSE',
  dev: null,
  ifindex: null,
  netns: null,
  netnsName: null,
};

function count(key: DropKey, more: Partial<DropCountEvent> = {}): DropCountEvent {
  return {
    type: 'drop-count',
    time: 5,
    backend: 'hist',
    from: 0,
    to: 5,
    key,
    count: 12,
    verdict: 'suspect',
    ...more,
  };
}

const SUMMARY: SummaryEvent = {
  type: 'summary',
  time: null,
  backend: 'hist',
  seen: 1_204_331,
  lost: 0,
  complete: true,
  backends: ['hist', 'fields', 'pages'],
  blindSpots: [],
  counted: 1_204_331,
  detailed: 20_000,
  verdicts: { suspect: 1_204_000, policy: 331, noise: 0 },
};

describe('a table', () => {
  it('largest first, noise folded into one line, counts and samples', () => {
    const events = [
      count(NFT, { count: 3, verdict: 'policy' }),
      count(PLACE, { count: 1_204_331 }),
      count(CLOSE, { count: 2, verdict: 'noise' }),
      count({ ...CLOSE, netns: 4026532300 }, { count: 1, verdict: 'noise' }),
    ];
    expect(show(events, { counted: 1_204_337, detailed: 20_000 })).toBe(`
12:00:05.000  in 5.0 s  counted 1,204,337 · detailed 20,000
      count       rate  kind       location                        reason          interface  namespace
  1,204,331  240,866/s  SUSPECT    __udp4_lib_rcv+0x235            NO_SOCKET       s0         server
          3      0.6/s  policy     nft_do_chain+0x5cc [nf_tables]  NETFILTER_DROP  eth0       host
          3      0.6/s  noise      a healthy host has these too: unix_release_sock+0x31b
`);
  });

  it('says in plain words what each kind is', () => {
    const lines = show([count(PLACE)], { quiet: false }).split('\n');
    const what = catalogue.explain('NO_SOCKET', '__udp4_lib_rcv')!.what;
    expect(lines[4]).toBe(`${' '.repeat(35)}${what}`);
  });

  it('wraps what is longer than the terminal, under its column', () => {
    const lines = show([count(PLACE, { count: 1 })], { quiet: false, columns: 90 })
      .trimEnd()
      .split('\n');
    const what = lines.slice(5);
    expect(what.length).toBeGreaterThan(0);
    for (const line of what) {
      expect(line.length).toBeLessThanOrEqual(90);
      expect(line).toMatch(/^ {35}\S/);
    }
    const words = catalogue.explain('NO_SOCKET', '__udp4_lib_rcv')!.what;
    expect(lines.slice(4).join(' ').replaceAll(/\s+/g, ' ')).toContain(words);
  });

  it('only noise: no column has a row', () => {
    const events = [count(CLOSE, { verdict: 'noise' })];
    expect(show(events, { counted: 12 })).toBe(`
12:00:05.000  in 5.0 s  counted 12
      count       rate  kind       location  reason  interface  namespace
         12      2.4/s  noise      a healthy host has these too: unix_release_sock+0x31b
`);
  });

  it('many kinds of noise: some are named', () => {
    const events = [1, 2, 3, 4, 5].map((offset) =>
      count({ ...CLOSE, location: { ...CLOSE.location!, offset } }, { verdict: 'noise' }),
    );
    expect(show(events)).toContain(
      'too: unix_release_sock+0x1, unix_release_sock+0x2, unix_release_sock+0x3, unix_release_sock+0x4, …\n',
    );
    expect(show(events.slice(0, 4))).toContain('unix_release_sock+0x4\n');
  });

  it('by what no place tells', () => {
    const flow = dropEvent().flow;
    expect(show([count({ flow }), count({ flow: null }, { count: 1 })])).toBe(`
12:00:05.000  in 5.0 s  counted 0
      count       rate  kind       flow
         12      2.4/s  SUSPECT    udp 10.1.1.1:40000 → 10.1.1.2:9
          1      0.2/s  SUSPECT    a packet
`);
    expect(
      show([count({ comm: 'python3' }), count({ comm: null }, { count: 1 })]),
    ).toContain(`kind       running
         12      2.4/s  SUSPECT    python3
          1      0.2/s  SUSPECT    ?
`);
    expect(show([count({ protocol: 0x86dd }), count({ protocol: 0x88b5 }, { count: 1 })])).toContain(`protocol
         12      2.4/s  SUSPECT    ipv6
          1      0.2/s  SUSPECT    EtherType 0x88b5
`);
  });

  it('a kernel path goes over several lines where the terminal is narrow', () => {
    const stack = ['__udp4_lib_rcv+0x235', 'ip_protocol_deliver_rcu+0xb7', 'ip_local_deliver_finish+0x76'];
    expect(show([count({ stack })])).toContain(`SUSPECT    ${stack.join(' < ')}\n`);
    expect(show([count({ stack })], { columns: 80 })).toContain(
      '         12      2.4/s  SUSPECT    __udp4_lib_rcv+0x235 <\n' +
        `${' '.repeat(35)}ip_protocol_deliver_rcu+0xb7 <\n` +
        `${' '.repeat(35)}ip_local_deliver_finish+0x76\n`,
    );
  });

  it('a word that is wider than a column moves only its own line', () => {
    const long = {
      ...PLACE.location!,
      symbol: 'a_function_whose_name_is_longer_than_any_column.constprop.0',
    };
    const lines = show([count(PLACE, { count: 13 }), count({ ...PLACE, location: long })]).split('\n');
    expect(lines[3]?.indexOf('NO_SOCKET')).toBe(35 + 44 + 2);
    expect(lines[2]?.indexOf('reason')).toBe(35 + 44 + 2);
    expect(lines[4]).toContain(`${long.symbol}+0x235  NO_SOCKET`);
  });

  it('a scan has thousands of rows: the largest are shown, the others summed up', () => {
    const events = Array.from({ length: 1500 }, (_, i) =>
      count({ flow: { ...dropEvent().flow!, dport: i } }, { count: 1500 - i }),
    );
    const lines = show(events).trimEnd().split('\n');
    expect(lines).toHaveLength(3 + 40 + 1);
    expect(lines.at(-1)).toBe('  1,066,530  213,306/s  more       in 1,460 rows');
    expect(show(events.slice(0, 41))).toContain('      1,460      292/s  more       in one row\n');
  });

  it('an interval without drops says nothing', () => {
    const { channel, sink } = open();
    sink.tick();
    sink.tick();
    expect(channel.text).toBe('');
  });

  it('rates: tenths below ten, none within no time', () => {
    const rate = (many: number, to: number) =>
      show([count(PLACE, { count: many, to })])
        .split('\n')[3]!
        .slice(13, 22)
        .trim();
    expect([rate(1, 5), rate(49, 5), rate(50, 5), rate(7, 0)]).toEqual(['0.2/s', '9.8/s', '10/s', '0.0/s']);
  });
});

describe('a single drop', () => {
  it('on a line', () => {
    expect(show([dropEvent()])).toBe(
      '12:00:12.500 SUSPECT    udp 10.1.1.1:40000 → 10.1.1.2:9  9 bytes  NO_SOCKET  ' +
        'at __udp4_lib_rcv+0x235  on s0  in server  while python3[226] ran\n',
    );
  });

  it('with the kernel path', () => {
    const stack = ['__udp4_lib_rcv+0x235', 'ip_protocol_deliver_rcu+0xb7'];
    expect(show([dropEvent({ verdict: 'policy', stack })])).toMatch(
      /^12:00:12.500 policy {5}udp .*\n {19}path __udp4_lib_rcv\+0x235 < ip_protocol_deliver_rcu\+0xb7\n$/,
    );
  });

  it.each([
    [1, '1 byte'],
    [0, '0 bytes'],
    [2, '2 bytes'],
  ])('%s', (length, text) => {
    expect(show([dropEvent({ length })])).toContain(`:9  ${text}  NO_SOCKET`);
  });

  it('of which little is known', () => {
    const nothing = dropEvent({
      location: { symbol: null, offset: null, module: null, address: '0xffffffffc030e0de' },
      reason: null,
      protocol: null,
      dev: null,
      netns: null,
      netnsName: null,
      length: null,
      flow: null,
      comm: null,
      pid: null,
      verdict: 'noise',
    });
    expect(show([nothing])).toBe('12:00:12.500 noise      a packet  at 0xffffffffc030e0de\n');
    const less = { ...nothing, location: { ...nothing.location, address: null } };
    expect(show([less])).toContain('at an unknown place');
  });

  it('a namespace by its name, as host, or by its number', () => {
    const where = (netns: number, netnsName: string | null) => show([dropEvent({ netns, netnsName })]);
    expect(where(4026532208, 'docker:0123456789ab')).toContain('in docker:0123456789ab');
    expect(where(HOST, null)).toContain('in host');
    expect(where(4026532209, null)).toContain('in net:[4026532209]');
  });

  it('a thread whose process is gone goes by its own number', () => {
    expect(show([dropEvent({ pid: null, tid: 7 })])).toContain('while python3[7] ran');
  });

  it.each([
    [
      {
        family: 'ipv6',
        proto: 'tcp',
        src: '2001:db8::1',
        dst: '::1',
        sport: 1,
        dport: 443,
        flags: 'SYN ACK',
      },
      'tcp [2001:db8::1]:1 → [::1]:443 SYN ACK',
    ],
    [{ family: 'ipv6', proto: 'icmpv6', src: 'fe80::1', dst: 'ff02::1' }, 'icmpv6 fe80::1 → ff02::1'],
    [{ family: 'arp', src: '10.0.0.1', dst: '10.0.0.2' }, 'arp 10.0.0.1 → 10.0.0.2'],
    [{ family: 'ipv4', proto: 'udp', src: '10.0.0.1', sport: 5 }, 'udp 10.0.0.1:5 → ?'],
    [
      { family: 'ipv4', proto: '253', src: '10.0.0.1', dst: '10.0.0.2', flags: '' },
      '253 10.0.0.1 → 10.0.0.2',
    ],
    [{ family: 'ipv4' }, 'ipv4'],
    [{ family: 'other' }, 'EtherType 0x88b5'],
  ] as const)('its flow: %j', (some, text) => {
    const none = { proto: null, src: null, dst: null, sport: null, dport: null, flags: null, ttl: null };
    const event = dropEvent({ protocol: 0x88b5, flow: { ...none, ...some } });
    expect(show([event])).toContain(`SUSPECT    ${text}  9 bytes`);
  });
});

describe('notices, losses and the summary', () => {
  it('the top suspect with its evidence', () => {
    const notice: KwhoEvent = {
      type: 'notice',
      time: null,
      backend: 'kwho',
      level: 'warning',
      code: 'top-suspect',
      text: 'top suspect: 12 packets dropped in __udp4_lib_rcv on s0',
      hint: 'start the service',
      details: { evidence: ['UdpNoPorts rose by 12', 'nobody listens on port 9   (ss -lun)'] },
    };
    expect(show([notice])).toBe(
      '             warning    top suspect: 12 packets dropped in __udp4_lib_rcv on s0\n' +
        '                   seen UdpNoPorts rose by 12\n' +
        '                   seen nobody listens on port 9   (ss -lun)\n' +
        '                   hint start the service\n',
    );
    expect(show([notice], { columns: 60 })).toContain(
      '             warning    top suspect: 12 packets dropped in\n' +
        '                        __udp4_lib_rcv on s0\n',
    );
  });

  it('losses', () => {
    const lost = {
      type: 'lost',
      time: null,
      backend: 'event',
      what: 'drops overwritten before they were read',
    } as const;
    expect(
      show([
        { ...lost, where: 'ring', count: 12_345, cpu: 3 },
        { ...lost, where: 'ring', count: null, cpu: null },
      ]),
    ).toBe(
      '             LOST       12,345 drops overwritten before they were read (ring, CPU 3)\n' +
        '             LOST       an unknown number of drops overwritten before they were read (ring)\n',
    );
  });

  it('a run with one table ends without another', () => {
    expect(show([count(PLACE), SUMMARY], { counted: 12 })).toBe(`
12:00:05.000  in 5.0 s  counted 12
      count       rate  kind       location              reason     interface  namespace
         12      2.4/s  SUSPECT    __udp4_lib_rcv+0x235  NO_SOCKET  s0         server
             summary    counted 1,204,331 · detailed 20,000 (1,204,000 suspect, 331 policy); nothing was lost
                  means hist, fields, pages
`);
  });

  it('after several tables comes one of the whole run, with the rates of the whole run', () => {
    const { channel, sink } = open({ counted: 25 });
    sink.event(count(PLACE, { count: 10, from: 0, to: 5 }));
    sink.tick();
    sink.event(count(PLACE, { count: 10, from: 5, to: 10 }));
    sink.event(count(NFT, { count: 5, from: 5, to: 10, verdict: 'policy' }));
    sink.tick();
    sink.event({ ...SUMMARY, lost: 7, complete: false, blindSpots: ['what the dark hides'] });
    sink.end();
    expect(channel.text.split('\n\n').at(-1)).toBe(
      `in all, 10.0 s  counted 25
      count       rate  kind       location                        reason          interface  namespace
         20      2.0/s  SUSPECT    __udp4_lib_rcv+0x235            NO_SOCKET       s0         server
          5      0.5/s  policy     nft_do_chain+0x5cc [nf_tables]  NETFILTER_DROP  eth0       host
             summary    counted 1,204,331 · detailed 20,000 (1,204,000 suspect, 331 policy); 7 lost or unreadable
                  means hist, fields, pages
                 unseen what the dark hides
`,
    );
  });

  it('nothing happened', () => {
    const nothing = {
      ...SUMMARY,
      seen: 0,
      counted: 0,
      detailed: 0,
      verdicts: { suspect: 0, policy: 0, noise: 0 },
    };
    expect(show([{ ...nothing, backends: [] }])).toBe(
      '             summary    counted 0 · detailed 0; nothing was lost\n',
    );
  });
});

describe('colour', () => {
  it('is only added: without it the same screen', () => {
    const events: KwhoEvent[] = [count(PLACE), count(CLOSE, { verdict: 'noise' }), dropEvent(), SUMMARY];
    const [plain, colored] = [show(events), show(events, { color: true })];
    expect(plain).not.toContain('\x1b');
    expect(colored).toContain('\x1b[1;31mSUSPECT   \x1b[0m');
    expect(colored.replaceAll(/\x1b\[[\d;]*m/g, '')).toBe(plain);
  });
});

describe('bytes that others choose', () => {
  const EVIL = '\x1b]0;pwned\x07\x1b[2J\n\r\x9b31m\u00e2\u0080\u00ae';

  it('never reach the terminal raw', () => {
    const evil: Partial<DropKey> = {
      location: { symbol: EVIL, offset: 1, module: EVIL, address: null },
      reason: EVIL,
      dev: EVIL,
      netns: 4026532208,
      netnsName: EVIL,
    };
    const events: KwhoEvent[] = [
      dropEvent({ ...evil, comm: EVIL, stack: [EVIL] }),
      count({ ...PLACE, ...evil }),
      count({ ...PLACE, ...evil, comm: EVIL, stack: [EVIL] }, { verdict: 'noise' }),
      count({ comm: EVIL }, { verdict: 'noise' }),
      {
        type: 'notice',
        time: 1,
        backend: 'kwho',
        level: 'info',
        code: 'x',
        text: EVIL,
        hint: EVIL,
        details: { evidence: [EVIL] },
      },
    ];
    const text = show(events);
    expect(text).toContain('on \\x1b]0;pwned\\x07\\x1b[2J\\x0a\\x0d\\x9b31m\\xe2\\x80\\xae  in \\x1b]0;');
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u);
    // Each event has its own lines and no more: 2 of the drop, 5 of the table, 3 of the notice.
    expect(text.trim().split('\n')).toHaveLength(10);
  });

  it('whatever they are', () => {
    const bytes = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(
        bytes,
        bytes,
        bytes,
        bytes,
        fc.option(fc.nat(120)),
        (dev, comm, netnsName, reason, columns) => {
          const text = show(
            [
              dropEvent({ dev, comm, netnsName, reason }),
              count({ ...PLACE, dev, netnsName, reason }),
              count({ comm }),
            ],
            { columns },
          );
          expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u);
        },
      ),
    );
  });
});
