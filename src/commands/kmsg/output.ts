import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KwhoError, systemCode } from '../../errors.js';
import {
  channelInto,
  type OutputChannel,
  openFileToAppend,
  openStandardOutput,
} from '../../output/channel.js';

/** Where messages go. */
export interface KmsgOutput {
  channel: OutputChannel;
  /** Waits until everything is taken. */
  finish(): Promise<void>;
}

/** @throws KwhoError where the file cannot be written */
export function openOutput(path: string | null, pager: boolean): KmsgOutput {
  if (path !== null) return direct(openFile(path));
  const program = pager ? (process.env.PAGER ?? findLess()) : null;
  return program === null ? direct(openStandardOutput()) : openPager(program);
}

function direct(channel: OutputChannel): KmsgOutput {
  return { channel, finish: () => channel.drain(DRAIN_MS) };
}

const DRAIN_MS = 60_000;

function openFile(path: string): OutputChannel {
  try {
    return openFileToAppend(path);
  } catch (cause) {
    throw new KwhoError(`--output ${path} cannot be written (${systemCode(cause)})`, {
      code: 'no-output',
      cause,
    });
  }
}

function findLess(): string | null {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.some((folder) => existsSync(join(folder, 'less'))) ? 'less' : null;
}

/** As dmesg(1) calls it: told to pass colours on, and to end where one screen is enough. */
function openPager(program: string): KmsgOutput {
  const child = spawn('sh', ['-c', program], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRSX', LV: '-c', ...process.env },
  });
  const channel = channelInto(child.stdin);
  const ended = once(child, 'close');
  return {
    channel,
    async finish() {
      child.stdin.end();
      await ended;
    },
  };
}
