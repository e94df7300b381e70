#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { collectAlone } from './commands/collect-alone.js';
import { type Command, didYouMean, helpOf, parseOptions } from './commands/command.js';
import { dieIfHungUp } from './commands/hang-up.js';
import { settleCompiler } from './commands/settle-compiler.js';
import { KwhoError, PermissionError, UnavailableError, UsageError } from './errors.js';
import { openStandardOutput } from './output/channel.js';
import { printable } from './output/escape.js';

/** Loaded one by one: a host in trouble is not to wait for the files of the other commands. */
const COMMANDS = new Map<string, () => Promise<Command>>([
  ['top', async () => (await import('./commands/top.js')).top],
  ['log', async () => (await import('./commands/log.js')).log],
  ['drops', async () => (await import('./commands/drops.js')).drops],
  ['why', async () => (await import('./commands/why.js')).why],
  ['kmsg', async () => (await import('./commands/kmsg.js')).kmsg],
  ['record', async () => (await import('./commands/record.js')).record],
  ['replay', async () => (await import('./commands/replay.js')).replay],
  ['probe', async () => (await import('./commands/probe.js')).probe],
  ['doctor', async () => (await import('./commands/doctor.js')).doctor],
  ['schema', async () => (await import('./commands/schema.js')).schema],
]);
const DEFAULT = 'top';

const DRAIN_MS = 5000;
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
const EXIT_UNAVAILABLE = 69;
const EXIT_PERMISSION = 77;

collectAlone();
const onTerminal = isatty(0);
process.exitCode = await main(process.argv.slice(2));
if (onTerminal) dieIfHungUp();
await settleCompiler();
// Standard output may be a pipe that nobody reads any more: what is left to say has been drained or given up.
process.exit();

async function main(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    return report(error);
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version' || first === '-V') return say(`kwho ${version()}\n`);
  if (first === '--help' || first === '-h') return say(await overview());
  if (first === 'help')
    return say(rest[0] === undefined ? await overview() : helpOf(await commandOf(rest[0])));
  const named = first !== undefined && !first.startsWith('-');
  const command = await commandOf(named ? first : DEFAULT);
  const options = named ? rest : args;
  const end = options.indexOf('--');
  const own = end < 0 ? options : options.slice(0, end);
  if (own.includes('--help') || own.includes('-h')) return say(helpOf(command));
  return command.run(parseOptions(command, options));
}

async function commandOf(name: string): Promise<Command> {
  const load = COMMANDS.get(name);
  if (load !== undefined) return load();
  const names = [...COMMANDS.keys(), 'help'];
  throw new UsageError(
    `kwho has no command '${name}'`,
    didYouMean(name, names) ?? `there are: ${names.join(', ')}`,
  );
}

async function overview(): Promise<string> {
  const commands = await Promise.all([...COMMANDS.values()].map((load) => load()));
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'kwho: who reads, steals or clears the kernel log, and where packets are dropped',
    '',
    'Usage: kwho [COMMAND] [OPTIONS]      without a command: kwho top',
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'kwho COMMAND --help tells more; kwho --version its version.',
    'Exit status: 0 ok, 1 failure, 2 usage, 69 the kernel or host lacks what is needed,',
    '77 no permission, 128+n ended by signal n.',
    '',
  ].join('\n');
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return (manifest as { version: string }).version;
}

async function say(text: string): Promise<number> {
  const out = openStandardOutput();
  out.write(text);
  await out.drain(DRAIN_MS);
  return 0;
}

/** What went wrong and what to do, on standard error; an error that kwho did not foresee with its stack. */
function report(error: unknown): number {
  if (!(error instanceof KwhoError)) {
    process.stderr.write(
      `kwho: unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return EXIT_FAILURE;
  }
  process.stderr.write(`kwho: ${shown(error.message)}\n`);
  if (error.hint !== undefined) process.stderr.write(`  hint: ${shown(error.hint)}\n`);
  if (error instanceof UsageError) return EXIT_USAGE;
  if (error instanceof UnavailableError) return EXIT_UNAVAILABLE;
  return error instanceof PermissionError ? EXIT_PERMISSION : EXIT_FAILURE;
}

/** Words of the command line and of the kernel may stand in it. */
function shown(text: string): string {
  return printable(Buffer.from(text).toString('latin1'));
}
