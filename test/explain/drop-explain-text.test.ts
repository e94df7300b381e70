import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainText, suggestNames } from '../../src/explain/drop-catalogue.js';
import { CATALOGUE } from './drop-kernels.js';

describe('a page', () => {
  it('of a reason', () => {
    expect(explainText(CATALOGUE, 'NO_SOCKET')).toMatchInlineSnapshot(`
      "NO_SOCKET: suspect, worth looking into

      No socket here takes packets for this address and port, or the connection that the packet belongs to is gone.

      Next: Check with ss -lntu in the same namespace that the service listens on this address, port and interface; if it does, look for sk_lookup programs in bpftool prog.
      Look at: the socket and its program, counters UdpNoPorts Udp6NoPorts TcpOutRsts
      Of multicasts and broadcasts: noise, a healthy host has it too
      Of TCP resets: noise, a healthy host has it too
      In icmp_rcv(): noise, a healthy host has it too. An ICMP answer had been given to the program that waits for it, and no other socket wanted it.
      In ping_rcv(): noise, a healthy host has it too. A ping answer had been given to the program that waits for it, and no other socket wanted it.
      In icmpv6_rcv(): noise, a healthy host has it too. An ICMPv6 answer had been given to the program that waits for it, and no other socket wanted it.
      Kernels: Linux 5.17 and later"
    `);
  });

  it('of a function', () => {
    expect(explainText(CATALOGUE, 'ip_error()')).toMatchInlineSnapshot(`
      "ip_error(): suspect, worth looking into

      There was no way on for the packet: no route, a route that says to drop it, or forwarding is off.

      Next: Check ip route get with the source address and the interface it came by, and that forwarding is on.
      Look at: the route, sysctl net.ipv4.conf.INTERFACE.forwarding net.ipv4.ip_forward, counters IpExtInNoRoutes IpInAddrErrors
      With NOT_SPECIFIED: policy, somebody wanted it so. A blackhole, unreachable or prohibit route, or an ip rule of that kind, says to drop the packet.
      Kernels: Linux before 5.17, or wherever it gives no reason"
    `);
  });

  it.each(['no_socket', 'skb_drop_reason_NO_SOCKET', ' NO_SOCKET\n'])('is found as %j', (name) => {
    expect(explainText(CATALOGUE, name)).toBe(explainText(CATALOGUE, 'NO_SOCKET'));
  });

  it.each(['___RX_DROP_U_DUP', 'rx_drop_u_dup', '0x10004', '65540'])(
    'of a subsystem is found as %j',
    (name) => {
      expect(explainText(CATALOGUE, name)).toMatch(/^RX_DROP_U_DUP: noise/);
    },
  );

  it.each(['OVERLIMIT', 'qdisc_drop_overlimit'])('of a queue discipline is found as %j', (name) => {
    expect(explainText(CATALOGUE, name)).toMatch(/^QDISC_DROP_OVERLIMIT: suspect/);
  });

  it.each(['IP_ERROR', 'ip_error+0x97', 'ip_error+0x97/0x1c0'])('of a function is found as %j', (name) => {
    expect(explainText(CATALOGUE, name)).toBe(explainText(CATALOGUE, 'ip_error'));
  });

  it('is there for every name', () => {
    for (const name of [...CATALOGUE.reasonNames(), ...CATALOGUE.functionNames()]) {
      expect(explainText(CATALOGUE, name)).toContain('Kernels: ');
    }
  });

  it('is not there for anything else', () => {
    const known = new Set([...CATALOGUE.reasonNames(), ...CATALOGUE.functionNames()]);
    fc.assert(
      fc.property(fc.string(), (name) => {
        fc.pre(!known.has(name));
        expect(explainText(CATALOGUE, `?${name}`)).toBeNull();
      }),
    );
    for (const name of ['', 'MAX', '1.5', '-1', 'NaN', 'tcp_*', '__proto__'])
      expect(explainText(CATALOGUE, name)).toBeNull();
  });
});

describe('suggestions', () => {
  it.each([
    ['NO_SOKET', 'NO_SOCKET'],
    ['rcvbuf', 'SOCKET_RCVBUFF'],
    ['NETFILTER', 'NETFILTER_DROP'],
    ['SKB_DROP_REASON_UDP_CHSUM', 'UDP_CSUM'],
    ['nf_hookslow', 'nf_hook_slow'],
  ])('%s may mean %s', (name, meant) => {
    expect(suggestNames(CATALOGUE, name)).toContain(meant);
  });

  it('are few, and none for what is like nothing', () => {
    expect(suggestNames(CATALOGUE, 'tcp').length).toBeLessThanOrEqual(5);
    expect(suggestNames(CATALOGUE, 'tcp_', 2)).toHaveLength(2);
    expect(suggestNames(CATALOGUE, 'zzzzqqqq')).toEqual([]);
    expect(suggestNames(CATALOGUE, '')).toEqual([]);
  });
});
