import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeNetfilterLog } from '../../src/decode/netfilter-log.js';
import { netfilterWords } from '../../src/output/netfilter-words.js';

it('the message of a rule on Linux 6.12', () => {
  const line = readFileSync(new URL('../fixtures/6.12/kmsg-network.txt', import.meta.url), 'latin1')
    .split('\n')
    .find((each) => each.startsWith('4,403,')) as string;
  const log = decodeNetfilterLog(line.slice(line.indexOf(';') + 1));
  expect(log).toEqual({
    prefix: 'kwho test: ',
    in: 'v0',
    out: null,
    physIn: null,
    physOut: null,
    length: 29,
    flow: {
      family: 'ipv4',
      proto: 'udp',
      src: '10.9.0.2',
      dst: '10.9.0.1',
      sport: 34434,
      dport: 9999,
      flags: null,
      ttl: 64,
      macDst: 'aa:73:2b:b4:ec:dd',
      macSrc: 'd2:bd:8a:81:dc:39',
    },
    uid: null,
    gid: null,
    mark: null,
  });
  expect(log === null ? '' : netfilterWords(log)).toBe(
    'udp 10.9.0.2:34434 -> 10.9.0.1:9999, in v0, 29 bytes',
  );
});

// Written after net/netfilter/nf_log_syslog.c.
it('TCP flags, owner and mark', () => {
  const text =
    'IN= OUT=eth0 SRC=10.0.0.1 DST=10.0.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=0 DF PROTO=TCP SPT=1 DPT=443 WINDOW=64240 RES=0x00 ACK SYN URGP=0 UID=1000 GID=100 MARK=0x2a ';
  expect(decodeNetfilterLog(text)).toMatchObject({
    in: null,
    out: 'eth0',
    flow: { proto: 'tcp', flags: 'SYN ACK', sport: 1, dport: 443 },
    uid: 1000,
    gid: 100,
    mark: 42,
  });
});

it('an ICMP error with the packet that it is about', () => {
  const text =
    'p IN=eth0 OUT= MAC= SRC=10.0.0.9 DST=10.0.0.1 LEN=56 TOS=0x00 PREC=0xC0 TTL=64 ID=7 PROTO=ICMP TYPE=3 CODE=3 [SRC=10.0.0.1 DST=10.0.0.9 LEN=28 TOS=0x00 PREC=0x00 TTL=63 ID=8 DF PROTO=UDP SPT=5 DPT=53 LEN=8 ] MARK=0x1 ';
  expect(decodeNetfilterLog(text)).toMatchObject({
    flow: {
      proto: 'icmp',
      src: '10.0.0.9',
      icmpType: 3,
      icmpCode: 3,
      inner: { proto: 'udp', src: '10.0.0.1', dport: 53 },
    },
    mark: 1,
  });
});

it('IPv6 addresses are written short, ARP has no ports', () => {
  const six =
    'IN=eth0 OUT= MAC= SRC=fe80:0000:0000:0000:0000:0000:0000:0001 DST=ff02:0000:0000:0000:0000:0000:0000:0002 LEN=56 TC=0 HOPLIMIT=255 FLOWLBL=0 PROTO=ICMPv6 TYPE=133 CODE=0 ';
  expect(decodeNetfilterLog(six)?.flow).toMatchObject({
    family: 'ipv6',
    src: 'fe80::1',
    dst: 'ff02::2',
    ttl: 255,
  });
  const arp =
    'IN=eth0 OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=02:00:00:00:00:01 IPSRC=10.0.0.1 MACDST=00:00:00:00:00:00 IPDST=10.0.0.2';
  expect(decodeNetfilterLog(arp)?.flow).toMatchObject({
    family: 'arp',
    src: '10.0.0.1',
    dst: '10.0.0.2',
    arpOp: 1,
  });
});

it.each(['', 'IN=', 'IN=a OUT=b', 'x OUT=b SRC=1.2.3.4', 'eth0: link is down'])(
  '%j is no such message',
  (text) => {
    expect(decodeNetfilterLog(text)).toBeNull();
  },
);

it('is total', () => {
  const part = fc.constantFrom(
    'IN=',
    ' OUT=',
    ' SRC=',
    ' [SRC=',
    ']',
    ' ',
    'DST=1',
    ' PROTO=',
    'TCP',
    ' FRAG:',
    '9',
    '=',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const log = decodeNetfilterLog(parts.join(''));
      if (log !== null) netfilterWords(log);
    }),
  );
});
