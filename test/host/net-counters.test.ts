import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConntrack } from '../../src/host/net-conntrack.js';
import { parseCounterPairs, parseSnmp6, riseOf } from '../../src/host/net-counters.js';
import { parseDevices } from '../../src/host/net-devices.js';
import { parseSoftnet, softnetRise } from '../../src/host/net-softnet.js';
import { netFixture } from './net-fixture.js';

describe('snmp, netstat, snmp6', () => {
  it('every name and value as nstat prints it', () => {
    const ours = new Map([
      ...parseCounterPairs(netFixture('nstat.snmp')).values,
      ...parseCounterPairs(netFixture('nstat.netstat')).values,
      ...parseSnmp6(netFixture('nstat.snmp6')).values,
    ]);
    const lines = netFixture('nstat-az.txt').split('\n').slice(1, -1);
    const theirs = lines.map((line) => line.split(/ +/).slice(0, 2) as [string, string]);
    expect(theirs.length).toBeGreaterThan(250);
    for (const [name, value] of theirs) expect([name, ours.get(name)]).toEqual([name, Number(value)]);
  });

  it('what a flooded socket and a full accept queue leave behind', () => {
    const [before, after] = ['before', 'after'].map(
      (when) =>
        new Map([
          ...parseCounterPairs(netFixture(`snmp.${when}`)).values,
          ...parseCounterPairs(netFixture(`netstat.${when}`)).values,
          ...parseSnmp6(netFixture(`snmp6.${when}`)).values,
        ]),
    );
    expect(Object.fromEntries(riseOf(before, after))).toMatchObject({
      UdpInErrors: 307,
      UdpRcvbufErrors: 307,
      Udp6InErrors: 307,
      Udp6RcvbufErrors: 307,
      UdpNoPorts: 1,
      UdpInCsumErrors: 0,
    });
    expect(riseOf(before, after).get('TcpExtListenOverflows')).toBeGreaterThan(0);
  });

  it('states are no counts, and what went back is not known', () => {
    const before = new Map([
      ['TcpCurrEstab', 1],
      ['TcpMaxConn', -1],
      ['UdpNoPorts', 9],
      ['UdpInErrors', 2],
    ]);
    const after = new Map([
      ['TcpCurrEstab', 5],
      ['TcpMaxConn', -1],
      ['UdpNoPorts', 3],
      ['UdpInErrors', 4],
      ['UdpMemErrors', 1],
    ]);
    expect([...riseOf(before, after)]).toEqual([['UdpInErrors', 2]]);
  });

  it.each<[string, Record<string, number>, number]>([
    ['', {}, 0],
    ['Udp: NoPorts InErrors\nUdp: 1 2\n', { UdpNoPorts: 1, UdpInErrors: 2 }, 0],
    ['Udp: NoPorts\n', {}, 1],
    ['Udp: NoPorts InErrors\nUdp: 1\nTcp: InSegs\nTcp: 5\n', { TcpInSegs: 5 }, 2],
    ['Udp: NoPorts\nTcp: InSegs\nTcp: 5\n', { TcpInSegs: 5 }, 1],
    ['Udp: NoPorts\nUdp: x\n', {}, 2],
    ['Tcp: MaxConn\nTcp: -1\n', { TcpMaxConn: -1 }, 0],
  ])('%j', (text, values, malformed) => {
    expect(parseCounterPairs(text)).toEqual({ values: new Map(Object.entries(values)), malformed });
  });

  it('snmp6 with lines that are none', () => {
    expect(parseSnmp6('Ip6InReceives   \t5\nIp6\n x 3\nUdp6NoPorts 7')).toEqual({
      values: new Map([
        ['Ip6InReceives', 5],
        ['Udp6NoPorts', 7],
      ]),
      malformed: 2,
    });
  });
});

describe('net/dev', () => {
  it('each column by the name that sysfs has for it', () => {
    const { devices, malformed } = parseDevices(netFixture('dev.after'));
    expect(malformed).toBe(0);
    expect([...devices.keys()]).toEqual(['lo', 'vs']);
    expect(devices.get('vs')?.get('rx_packets')).toBeGreaterThan(800);
    expect(devices.get('vs')?.size).toBe(16);
  });

  it.each(['eth0', 'a', '-x', '$(reboot)', 'br-\xe4\xf6', 'veth1234567890'])(
    'an interface called %j',
    (name) => {
      const line = `${name.padStart(6)}: ${Array.from({ length: 16 }, (_, i) => i + 1).join('    ')}`;
      const { devices } = parseDevices(`a\nb\n${line}\n`);
      expect(devices.get(name)?.get('tx_carrier_errors')).toBe(15);
    },
  );

  it('lines that are none', () => {
    expect(parseDevices('a\nb\n  eth0: 1 2 3\n  x y: 1\n')).toEqual({ devices: new Map(), malformed: 2 });
  });
});

describe('softnet_stat', () => {
  it('a line a CPU', () => {
    const { cpus, malformed } = parseSoftnet(netFixture('softnet_stat.after'));
    expect(malformed).toBe(0);
    expect(cpus.map(({ cpu }) => cpu)).toEqual([0, 1]);
    expect(cpus.every(({ processed, dropped }) => processed > 100 && dropped === 0)).toBe(true);
  });

  it('old kernels say neither the CPU nor the flow limit', () => {
    const { cpus } = parseSoftnet('00000010 00000002 00000003\n0000001f 00000000 00000000\n');
    expect(cpus).toEqual([
      { cpu: 0, processed: 16, dropped: 2, squeezed: 3, flowLimited: 0 },
      { cpu: 1, processed: 31, dropped: 0, squeezed: 0, flowLimited: 0 },
    ]);
  });

  it('its numbers begin again at zero, and CPUs come and go', () => {
    const cpu = (number: number, processed: number, dropped: number) => ({
      cpu: number,
      processed,
      dropped,
      squeezed: 0,
      flowLimited: 0,
    });
    const rise = softnetRise([cpu(0, 0xffff_fff0, 5), cpu(1, 1, 1)], [cpu(0, 0x10, 7), cpu(2, 1, 1)]);
    expect(rise).toEqual([cpu(0, 0x20, 2)]);
  });
});

describe('nf_conntrack', () => {
  it('a full table', () => {
    expect(parseConntrack(netFixture('nf_conntrack.after'))).toMatchObject({ entries: 4, malformed: 0 });
    expect(parseConntrack(netFixture('nf_conntrack.after'))?.counters.get('drop')).toBe(16);
    expect(parseConntrack(netFixture('nf_conntrack.before'))?.counters.get('drop')).toBe(0);
  });

  it.each(['', 'entries drop\n', 'nothing\n1 2\n', 'entries drop\nzz 1\n'])('%j', (text) => {
    expect(parseConntrack(text)).toBeNull();
  });

  it('a line too short is counted', () => {
    expect(parseConntrack('entries drop\n2 1\n2\n')).toMatchObject({ entries: 2, malformed: 1 });
  });
});

it('no text is too strange, and nothing grows beyond it', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      'Udp: NoPorts',
      'Udp: 1',
      'Ip6X 3',
      'entries drop',
      '00000001 00000002 00000003',
      ' eth0: 1 2 3',
    ),
    fc.array(fc.nat(9), { minLength: 16, maxLength: 17 }).map((numbers) => ` x: ${numbers.join(' ')}`),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const text = lines.join('\n');
      const count = text.split('\n').length;
      const words = text.split(/\s/).length;
      const pairs = parseCounterPairs(text);
      expect(pairs.values.size).toBeLessThan(words);
      for (const each of [
        pairs,
        parseSnmp6(text),
        parseDevices(text),
        parseSoftnet(text),
        parseConntrack(text),
      ]) {
        expect(each?.malformed ?? 0).toBeLessThanOrEqual(count);
      }
      for (const value of pairs.values.values()) expect(Number.isFinite(value)).toBe(true);
    }),
  );
});
