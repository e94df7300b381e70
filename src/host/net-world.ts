import type { Flow } from '../decode/packet.js';
import type { ByteString } from '../decode/trace-record.js';
import type { RunCommand } from './command.js';
import type { NetworkNamespace } from './netns.js';

/** Where the network side of a host is looked at; a test hands in folders and a function of its own. */
export interface NetWorld {
  /** `/proc` */
  proc: string;
  /** `/sys` */
  sys: string;
  /** `/run` */
  run: string;
  /** `/lib/modules` */
  modules: string;
  command: RunCommand;
  /** Milliseconds on a clock that never goes back. */
  now: () => number;
}

/** One thing to look at on this host, as the catalogue of drop reasons names it. */
export type CheckRequest =
  | { kind: 'counter' | 'sysctl'; names: readonly string[] }
  | { kind: PlainCheckKind; names?: undefined };

export type PlainCheckKind =
  | 'socket'
  | 'sender'
  | 'rules'
  | 'link'
  | 'softnet'
  | 'qdisc'
  | 'conntrack'
  | 'route'
  | 'neighbour';

/** Where the drops happened that want an explanation; null is not known, for the namespace then kwho's own. */
export interface DropPlace {
  netns: NetworkNamespace | null;
  dev: ByteString | null;
  ifindex: number | null;
  flow: DropFlow | null;
}

export type DropFlow = Pick<Flow, 'family' | 'proto' | 'src' | 'dst' | 'sport' | 'dport'>;

/** One line of evidence, with numbers of this host. */
export interface Evidence {
  kind: CheckRequest['kind'];
  text: ByteString;
  /** The number moved while we watched, or the state that was found explains such a drop by itself. */
  moved: boolean;
  /** What shows it, for a POSIX shell. */
  command: ByteString;
}
