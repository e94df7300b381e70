import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SentPacket, SentPackets } from '../../src/klog/sent-packets.js';

const trial = SentPackets.open();
if (typeof trial === 'string') process.stderr.write(`\n*** PACKET SOCKET NOT TESTED: ${trial}\n\n`);
else trial.close();

describe.skipIf(typeof trial === 'string')('packets that carry the words', () => {
  let packets: SentPackets;

  beforeEach(() => {
    packets = SentPackets.open() as SentPackets;
  });
  afterEach(() => {
    packets.close();
  });

  async function found(words: string): Promise<SentPacket[]> {
    const all: SentPacket[] = [];
    for (let looks = 0; all.length === 0 && looks < 50; looks++, await sleep(20))
      all.push(...packets.find(words));
    return all;
  }

  it('UDP, once although the loopback shows it twice', async () => {
    const socket = createSocket('udp4');
    socket.send('<13>kwho-canary-a', 55_514, '127.0.0.1');
    expect(await found('kwho-canary-a')).toEqual([{ dst: '127.0.0.1', transport: 'udp', port: 55_514 }]);
    expect(packets.find('kwho-canary-a')).toEqual([]);
    expect(packets.missed()).toBe(0);
    socket.close();
  });

  it('TCP', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const socket = connect(port, '127.0.0.1');
    const [peer] = await accepted;
    socket.write('<13>kwho-canary-b\n');
    expect(await found('kwho-canary-b')).toEqual([{ dst: '127.0.0.1', transport: 'tcp', port }]);
    for (const one of [socket, peer]) one.destroy();
    server.close();
  });

  it('others are passed over', async () => {
    const socket = createSocket('udp4');
    socket.send('<13>something else', 55_514, '127.0.0.1');
    await sleep(100);
    expect(packets.find('kwho-canary-c')).toEqual([]);
    socket.close();
  });
});
