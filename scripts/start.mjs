#!/usr/bin/env node
// The main job: kwho live where this host permits it, else a recording of a real kernel. What stands behind
// `npm start --` goes to kwho as it is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const RECORDING = 'probes/recordings/6.12.kwho';
const UNAVAILABLE = 69;
const NO_PERMISSION = 77;

const args = process.argv.slice(2);
let status = await kwho(args);
if (args.length === 0 && (status === UNAVAILABLE || status === NO_PERMISSION)) {
  process.stderr.write(`kwho: so here is ${RECORDING}, recorded on a real kernel, instead\n`);
  status = await kwho(['replay', join(root, RECORDING)]);
}
process.exit(status);

/** Signals go on to kwho, which then puts the kernel and the terminal back. */
async function kwho(options) {
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...options], { stdio: 'inherit' });
  const pass = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  for (const signal of signals) process.on(signal, pass);
  const [code, signal] = await once(child, 'exit');
  for (const each of signals) process.off(each, pass);
  return code ?? 128 + constants.signals[signal];
}
