import { DATA, ENDS, IPV4, OPEN, PAIR, sendIp, sendUdp } from './case-parts.js';
import type { DropCase, ExpectedDrop } from './drop-case.js';
import { lost, UDP_OPEN } from './lost.js';
import type { NetLab } from './net-lab.js';
import { CLIENT, SERVER } from './net-plan.js';
import { ethernet, ipv4, udp } from './packets.js';

const NEAR = '10.77.0.1';
const FAR = '10.77.0.2';
const NOWHERE = '192.0.2.9';
const INNER = ipv4(NEAR, FAR, 17, udp({ src: NEAR, dst: FAR }, 4000, OPEN, DATA));
const OUTER = { family: 'ipv4', ...ENDS, ttl: 64 } as const;
const INTO_TUNNEL = { netns: 'client', count: 2, flow: { ...UDP_OPEN, src: NEAR, dst: FAR } } as const;

/** Tunnels that have no other end, no way to it, or no key. */
export const TUNNEL_CASES: readonly DropCase[] = [
  arriving('tunnel-gre-unknown-key', 'gre', 47, gre(2), 'gre_rcv', async (lab) => {
    await lab.outside('modprobe', 'ip_gre');
    await lab.server.ip(
      `tunnel add g1 mode gre local ${SERVER.ip} remote ${CLIENT.ip} key 1`,
      'link set g1 up',
    );
  }),
  arriving('tunnel-ipip-without', 'ipip', 4, INNER, 'tunnel4_rcv', (lab) => lab.outside('modprobe', 'ipip')),
  arriving('tunnel-esp-unknown-spi', 'esp', 50, Buffer.alloc(56, 0xab), 'xfrm_input', (lab) =>
    lab.outside('modprobe', 'esp4'),
  ),
  leaving('tunnel-gre-remote-without-route', 'ip_tunnel_xmit', [
    `tunnel add g1 mode gre local ${CLIENT.ip} remote ${NOWHERE}`,
  ]),
  leaving('tunnel-gre-through-itself', 'ip_tunnel_xmit', [
    `tunnel add g1 mode gre local ${CLIENT.ip} remote ${FAR}`,
  ]),
  leaving('tunnel-wireguard-without-peer', 'wg_xmit', ['link add g1 type wireguard']),
  {
    name: 'tunnel-ipsec-without-state',
    net: PAIR,
    setup: (lab) =>
      lab.client.ip(
        `xfrm policy add src ${CLIENT.ip} dst ${SERVER.ip} dir out tmpl src ${CLIENT.ip} dst ${SERVER.ip} proto esp`,
      ),
    inject: (lab) => sendUdp(lab.client, OPEN, 2),
    drops: [
      lost('suspect', 'dst_discard_out', 'NOT_SPECIFIED', {
        count: 2,
        dev: null,
        netns: 'client',
      }),
    ],
  },
  {
    name: 'tunnel-geneve-unknown-vni',
    net: PAIR,
    setup: (lab) => lab.server.ip(`link add gn0 type geneve id 42 remote ${CLIENT.ip}`, 'link set gn0 up'),
    inject(lab) {
      const inner = ethernet(CLIENT.mac, SERVER.mac, IPV4, INNER);
      const geneve = Buffer.concat([Buffer.from('0000655800002b00', 'hex'), inner]);
      return sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, 17, udp(ENDS, 4000, 6081, geneve)));
    },
    drops: [
      lost('suspect', 'geneve_udp_encap_recv', 'NOT_SPECIFIED', { flow: { ...UDP_OPEN, dport: 6081 } }),
    ],
  },
];

function arriving(
  name: string,
  proto: string,
  number: number,
  payload: Buffer,
  symbol: ExpectedDrop['symbol'],
  setup: (lab: NetLab) => Promise<unknown>,
): DropCase {
  const drops = [lost('suspect', symbol, 'NOT_SPECIFIED', { flow: { ...OUTER, proto } })];
  return {
    name,
    net: PAIR,
    setup,
    inject: (lab) => sendIp(lab, ipv4(CLIENT.ip, SERVER.ip, number, payload)),
    drops,
  };
}

/** @param lines make the client's tunnel g1 */
function leaving(name: string, symbol: string, lines: readonly string[]): DropCase {
  return {
    name,
    net: PAIR,
    setup: (lab) => lab.client.ip(...lines, `addr add ${NEAR}/24 dev g1`, 'link set g1 up'),
    inject: (lab) => sendUdp(lab.client, OPEN, 2, { dst: FAR }),
    drops: [lost('suspect', symbol, 'NOT_SPECIFIED', { ...INTO_TUNNEL, dev: 'g1' })],
  };
}

function gre(key: number): Buffer {
  const header = Buffer.from('2000080000000000', 'hex');
  header.writeUInt32BE(key, 4);
  return Buffer.concat([header, INNER]);
}
