import { release as runningRelease } from 'node:os';
import { openStandardOutput } from '../output/channel.js';
import { printable } from '../output/escape.js';
import { compileProbe } from '../stap/compile.js';
import { dropsScript } from '../stap/drops-script.js';
import { logScript } from '../stap/log-script.js';
import { stapRunner } from '../stap/run-stap.js';
import { readTemplate } from '../stap/template.js';
import type { Command } from './command.js';
import { parseDuration } from './option-values.js';
import { type ProbeOptions, parseKeys, parseNumber, probeOptions } from './probe-options.js';
import { Stop } from './stop.js';

export const probe: Command = {
  name: 'probe',
  summary: 'the SystemTap script for drops or the log, to read, run by hand, or build for another host',
  argument: 'SCRIPT',
  options: {
    events: { short: 'e', help: 'drops: single drops rather than counts' },
    stack: {
      short: 's',
      value: 'N',
      parse: parseNumber,
      help: 'tell so many return addresses; implies --events',
    },
    by: {
      value: 'KEY',
      multiple: true,
      parse: parseKeys,
      help: 'drops: what to count by: location, reason, protocol, dev, netns (default all but protocol)',
    },
    interval: {
      short: 'i',
      value: 'TIME',
      parse: parseDuration,
      help: 'drops: counts every 5s (default), 500ms',
    },
    reason: {
      value: 'NUMBER',
      multiple: true,
      parse: parseNumber,
      help: 'drops: only this reason, by number',
    },
    dev: { value: 'NAME', help: 'drops: only packets of this interface' },
    netns: {
      value: 'INODE',
      parse: parseNumber,
      help: 'drops: only this network namespace, by inode number',
    },
    host: { value: 'ADDRESS', multiple: true, help: 'drops: only packets from or to this address' },
    port: {
      value: 'PORT',
      multiple: true,
      parse: parseNumber,
      help: 'drops: only packets from or to this port',
    },
    compile: { help: 'build a kernel module rather than print the script (needs stap, gcc and headers)' },
    release: {
      short: 'r',
      value: 'RELEASE',
      help: 'the kernel to build for, as its uname -r says (default: this one)',
    },
    output: {
      short: 'o',
      value: 'FILE.ko',
      help: 'where the module is to stand; its host runs it with staprun',
    },
  },
  examples: [
    {
      line: 'kwho probe drops > drops.stp',
      what: 'counts of drops every 5 seconds; read it, then: stap drops.stp',
    },
    {
      line: 'kwho probe drops --events --dev eth0 --port 53',
      what: 'single drops of DNS packets on one interface',
    },
    { line: 'kwho probe log', what: 'every access to the kernel log with its command line' },
    {
      line: 'kwho probe log --compile -r 6.1.0-56-amd64 -o kwho_log.ko',
      what: 'a module for a host without compiler; there: staprun kwho_log.ko',
    },
  ],
  async run(values) {
    const options = probeOptions(values);
    if (options.output === null) return print(scriptOf(options, options.release));
    const release = options.release ?? runningRelease();
    const script = scriptOf(options, release);
    const stop = new Stop();
    const warnings = await compileProbe(stapRunner({ cancel: stop.aborted }), {
      script,
      release,
      output: options.output,
    }).catch((error: unknown) => {
      if (stop.reached) return null;
      throw error;
    });
    if (warnings === null) return stop.status;
    for (const line of warnings.split('\n').filter((text) => text !== ''))
      process.stderr.write(`${printable(line)}\n`);
    return print(`${options.output} is built for ${release}; there, as root: staprun ${options.output}\n`);
  },
};

/** @param release what the script's header is to say; a script that is only printed runs on whichever kernel */
export function scriptOf(options: ProbeOptions, release: string | null): string {
  const template = readTemplate(options.which);
  return options.which === 'drops'
    ? dropsScript(template, { ...options.script, release })
    : logScript(template, { ...options.script, release });
}

async function print(text: string): Promise<number> {
  const out = openStandardOutput();
  out.write(text);
  await out.drain(DRAIN_MS);
  return 0;
}

const DRAIN_MS = 5000;
