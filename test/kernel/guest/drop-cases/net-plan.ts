export type Side = 'client' | 'server' | 'router';

export interface NetPlan {
  /**
   * - `pair`: client c0 — s0 server
   * - `routed`: client c0 — r0 router r1 — s0 server
   * - `tun`: server alone, its tun device t0 in the hands of the test
   * - `tap`: the same as Ethernet
   */
  shape: 'pair' | 'routed' | 'tun' | 'tap';
  /** Whether IPv6 is on; it talks by itself, so it is off where the case does not need it. */
  ipv6?: boolean;
  /** False: neighbours must find each other, by ARP. */
  neighbours?: boolean;
}

/** Who has which address, whatever the shape of the net. */
export const CLIENT = { ip: '10.9.1.2', ip6: 'fd09:1::2', mac: '02:00:00:00:01:02' };
export const SERVER = { ip: '10.9.2.2', ip6: 'fd09:2::2', mac: '02:00:00:00:02:02' };
export const ROUTER = { ip: '10.9.1.1', ip6: 'fd09:1::1', mac: '02:00:00:00:01:01' };
const ROUTER_BEHIND = { ip: '10.9.2.1', ip6: 'fd09:2::1', mac: '02:00:00:00:02:01' };

const C0 = { dev: 'c0', ...CLIENT };
const R0 = { dev: 'r0', ...ROUTER };
const R1 = { dev: 'r1', ...ROUTER_BEHIND };
const S0 = { dev: 's0', ...SERVER };
const T0 = { dev: 't0', ...SERVER };

interface Port {
  own: typeof C0;
  /** Whom it reaches; a tun device knows no neighbours. */
  peer: typeof C0 | null;
  /** Whether the peer knows the way to everybody else. */
  gateway?: boolean;
}

const PORTS: Record<NetPlan['shape'], Partial<Record<Side, readonly Port[]>>> = {
  pair: { client: [{ own: C0, peer: S0 }], server: [{ own: S0, peer: C0 }] },
  routed: {
    client: [{ own: C0, peer: R0, gateway: true }],
    router: [
      { own: R0, peer: C0 },
      { own: R1, peer: S0 },
    ],
    server: [{ own: S0, peer: R1, gateway: true }],
  },
  tun: { server: [{ own: T0, peer: null }] },
  tap: { server: [{ own: T0, peer: C0 }] },
};

export function sidesOf({ shape }: NetPlan): Side[] {
  return Object.keys(PORTS[shape]) as Side[];
}

export function devicesOf({ shape }: NetPlan, side: Side): string[] {
  return (PORTS[shape][side] ?? []).map(({ own }) => own.dev);
}

/** For ip -batch: makes the namespaces, `name.client` and so on, and what connects them. */
export function netCommands(name: string, plan: NetPlan): string[] {
  const veth = (a: typeof C0, sideA: Side, b: typeof C0, sideB: Side) =>
    `link add ${a.dev} address ${a.mac} netns ${name}.${sideA} type veth ` +
    `peer name ${b.dev} address ${b.mac} netns ${name}.${sideB}`;
  const namespaces = sidesOf(plan).map((side) => `netns add ${name}.${side}`);
  if (plan.shape === 'pair') return [...namespaces, veth(C0, 'client', S0, 'server')];
  if (plan.shape !== 'routed') return namespaces;
  return [...namespaces, veth(C0, 'client', R0, 'router'), veth(R1, 'router', S0, 'server')];
}

/** For ip -batch in one of them: links up, addresses, neighbours, routes. */
export function hostCommands(side: Side, plan: NetPlan): string[] {
  const { shape, ipv6, neighbours } = plan;
  const lines = ['link set lo up'];
  for (const { own, peer, gateway } of PORTS[shape][side] ?? []) {
    const { dev } = own;
    if (shape === 'tap') lines.push(`link set ${dev} address ${own.mac}`);
    lines.push(`addr add ${own.ip}/${shape === 'routed' ? 24 : 16} dev ${dev}`);
    if (ipv6) lines.push(`addr add ${own.ip6}/${shape === 'routed' ? 32 : 16} dev ${dev} nodad`);
    lines.push(`link set ${dev} up`);
    for (const address of peer === null ? [] : ipv6 ? [peer.ip, peer.ip6] : [peer.ip]) {
      if (neighbours !== false)
        lines.push(`neigh replace ${address} lladdr ${peer?.mac} dev ${dev} nud permanent`);
      if (gateway) lines.push(`route add default via ${address} dev ${dev}`);
    }
  }
  return lines;
}
