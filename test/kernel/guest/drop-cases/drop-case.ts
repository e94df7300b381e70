import type { Flow } from '../../../../src/decode/packet.js';
import type { Verdict } from '../../../../src/explain/drop-verdict.js';
import type { Kernel, PerKernel } from './kernels.js';
import type { NetLab } from './net-lab.js';
import type { NetPlan, Side } from './net-plan.js';

/** One way to lose packets, or to lose none, and what a kernel tells of it. All of it was seen on the kernels named. */
export interface DropCase {
  name: string;
  net: NetPlan;
  /** Why a kernel cannot do this; null where it can. */
  unavailable?(kernel: Kernel): string | null;
  /** Makes the trap. What is dropped in here is not the case's. */
  setup?(lab: NetLab): Promise<unknown>;
  /** Walks into it. A number returned is that of the packets lost. */
  inject(lab: NetLab): Promise<unknown>;
  /** What kfree_skb tells, while inject() runs. Empty: nothing. */
  drops: PerKernel<readonly ExpectedDrop[]>;
  /** The counter that tells of packets of which kfree_skb does not; null where there is none either. */
  unseen?: PerKernel<UnseenLoss | null>;
}

/** Drops that are alike. */
export interface ExpectedDrop {
  /** `injected`: what inject() returned. `any`: none as well, it is a matter of moments. */
  count: number | 'injected' | 'any';
  /** Symbol of the place, without offset and without what the compiler appends (`.constprop.0`). */
  symbol: PerKernel<string>;
  /** Not looked at on 5.10, which has none. */
  reason: PerKernel<string>;
  /** null: it cannot be told. */
  dev: PerKernel<string | null>;
  netns: PerKernel<Side | null>;
  /** EtherType. */
  protocol: number;
  /** Those of a flow's fields that the bytes tell; null: none. */
  flow: Partial<Flow> | null;
  /** For one who knows all of the above; null: people may differ. */
  verdict: PerKernel<Verdict | null>;
}

/** A counter as in /proc/net: `UdpNoPorts`, `TcpExtListenDrops`, `Ip6InDiscards`; or `dev:s0:rx_dropped`. */
export interface UnseenLoss {
  side: Side;
  counter: string;
  count: number;
}
