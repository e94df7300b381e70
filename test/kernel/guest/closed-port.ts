import { createSocket } from 'node:dgram';
import { call } from './callers.js';

/** A port that nobody listens on, so that every datagram to it is dropped. */
export const CLOSED_PORT = 9999;

/** @returns when the kernel has dropped them all: over the loopback interface that happens as they are sent */
export async function dropDatagrams(count: number, family: 4 | 6 = 4): Promise<void> {
  call('ip', 'link', 'set', 'lo', 'up');
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  const host = family === 4 ? '127.0.0.1' : '::1';
  for (let i = 0; i < count; i++)
    await new Promise<void>((resolve, reject) =>
      socket.send('x', CLOSED_PORT, host, (error) => (error === null ? resolve() : reject(error))),
    );
  await new Promise<void>((resolve) => socket.close(resolve));
}
