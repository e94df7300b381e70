import type { AgentThing } from './agent.js';
import type { Host } from './host.js';
import type { NetLab } from './net-lab.js';
import { CLIENT, type NetPlan, ROUTER, SERVER } from './net-plan.js';
import { ethernet, type Ipv4Options, ipv4, udp } from './packets.js';

export const PAIR: NetPlan = { shape: 'pair' };
export const PAIR6: NetPlan = { shape: 'pair', ipv6: true };
export const ROUTED: NetPlan = { shape: 'routed' };
export const ROUTED6: NetPlan = { shape: 'routed', ipv6: true };
export const TUN: NetPlan = { shape: 'tun' };
export const TAP: NetPlan = { shape: 'tap' };

export const IPV4 = 0x0800;
export const IPV6 = 0x86dd;
export const ARP = 0x0806;

/** From client to server, as most packets here go. */
export const ENDS = { src: CLIENT.ip, dst: SERVER.ip };
export const ENDS6 = { src: CLIENT.ip6, dst: SERVER.ip6 };

/** A port where a case listens, and one where nobody does. */
export const OPEN = 5000;
export const SHUT = 4999;

export const DATA = Buffer.from('datagram');

/** socket(7) */
export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_RCVBUFFORCE = 33;

/** Sends datagrams from a host's own UDP. An error is the business of what is sent later, not of the test. */
export async function sendUdp(
  host: Host,
  port: number,
  times: number,
  { size = 30, dst = SERVER.ip }: { size?: number; dst?: string } = {},
): Promise<AgentThing> {
  const socket = await host.udp(0, dst.includes(':') ? 6 : 4);
  for (let i = 0; i < times; i++) await socket.attempt('sendto', Buffer.alloc(size), [dst, port]);
  return socket;
}

/** Sends IP packets made by hand from the client's interface to the next hop's. */
export async function sendIp(lab: NetLab, ...packets: Buffer[]): Promise<void> {
  const next = lab.hosts.length === 3 ? ROUTER.mac : SERVER.mac;
  for (const packet of packets) await sendFrame(lab, next, packet[0]! >> 4 === 6 ? IPV6 : IPV4, packet);
}

/** Sends an Ethernet frame from the client's interface. */
export async function sendFrame(lab: NetLab, to: string, type: number, payload: Buffer): Promise<void> {
  const socket = await lab.client.frames('c0');
  await socket.call('send', ethernet(CLIENT.mac, to, type, payload));
}

/** A right datagram from port 4000, but for what `options` say. */
export function datagram(port: number, options: Ipv4Options = {}, ends = ENDS): Buffer {
  return ipv4(ends.src, ends.dst, 17, udp(ends, 4000, port, DATA), options);
}

/** Makes a bridge, and waits until its ports let frames through. */
export async function addBridge(host: Host, ...ports: string[]): Promise<void> {
  const enslave = ports.map((port) => `link set ${port} master br0`);
  await host.ip('link add br0 type bridge', ...enslave, 'link set br0 up');
  for (let i = 0; i < 50; i++) {
    const links = await host.run('bridge', 'link', 'show');
    if (links.split('state forwarding').length > ports.length) return;
    await pause(50);
  }
  throw new Error(`the bridge's ports do not forward: ${ports}`);
}

/** Lets the kernel do what it does a little later. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
