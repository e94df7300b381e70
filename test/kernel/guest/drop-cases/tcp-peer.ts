import type { AgentThing } from './agent.js';
import type { NetLab } from './net-lab.js';
import { CLIENT, SERVER } from './net-plan.js';
import { type Ipv4Options, ipv4, type Segment, tcp } from './packets.js';

/** The far end of a TCP connection, made by hand over a tun device: it may send whatever it likes. */
export class TcpPeer {
  /** The next number to send, and the next expected. */
  seq = 1_000_000;
  ack = 0;
  /** What the server last said it would take. */
  window = 0;
  readonly #tun: AgentThing;
  readonly #sport: number;
  readonly #dport: number;

  constructor(lab: NetLab, sport: number, dport: number) {
    this.#tun = lab.tunnel;
    this.#sport = sport;
    this.#dport = dport;
  }

  static async connect(lab: NetLab, sport: number, dport: number, options?: Buffer): Promise<TcpPeer> {
    const peer = new TcpPeer(lab, sport, dport);
    await peer.greet(options);
    await peer.send('A', { ...(options ? { options } : {}) });
    return peer;
  }

  /** Sends SYN and takes the answer. */
  async greet(options: Buffer = Buffer.alloc(0)): Promise<void> {
    await this.send('S', { options });
    this.seq += 1;
    if (!(await this.listen())) throw new Error('the server did not answer a SYN');
  }

  /** Sends one segment; numbers go on by its data. */
  async send(flags: string, segment: Partial<Segment> = {}): Promise<void> {
    await this.#tun.call('send', this.packet(flags, segment));
    if (segment.seq === undefined) this.seq += segment.data?.length ?? 0;
  }

  packet(flags: string, segment: Partial<Segment> = {}, ip: Ipv4Options = {}): Buffer {
    const { seq, ack } = this;
    const whole = { sport: this.#sport, dport: this.#dport, seq, ack, flags, ...segment };
    return ipv4(CLIENT.ip, SERVER.ip, 6, tcp(ENDS, whole), ip);
  }

  /** Takes what the server sends, until it is silent for a moment. False when it said nothing to this connection. */
  async listen(seconds = 0.05): Promise<boolean> {
    let heard = false;
    for (;;) {
      const packet = await this.#tun.bytes('recv', seconds);
      if (packet.length === 0) return heard;
      const segment = packet.subarray((packet[0]! & 15) * 4);
      if (packet[9] !== 6 || segment.readUInt16BE(2) !== this.#sport) continue;
      const flags = segment[13]!;
      const data = segment.length - (segment[12]! >> 4) * 4;
      this.ack = (segment.readUInt32BE(4) + data + (flags & SYN_OR_FIN ? 1 : 0)) >>> 0;
      this.window = segment.readUInt16BE(14);
      heard = true;
    }
  }
}

const ENDS = { src: CLIENT.ip, dst: SERVER.ip };
const SYN_OR_FIN = 3;

/** The timestamps option, padded (RFC 7323). */
export function timestamps(value: number, echo = 0): Buffer {
  const option = Buffer.from([1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0]);
  option.writeUInt32BE(value, 4);
  option.writeUInt32BE(echo, 8);
  return option;
}
