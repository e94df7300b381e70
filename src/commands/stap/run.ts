import { release } from 'node:os';
import type { StapHeader } from '../../decode/stap-record.js';
import { KwhoError, PermissionError, UnavailableError } from '../../errors.js';
import { type OutputChannel, openStandardOutput } from '../../output/channel.js';
import { printable } from '../../output/escape.js';
import { loadedModules, removeModule } from '../../stap/loaded-modules.js';
import { ModuleRun, type ModuleRunOptions } from '../../stap/module-run.js';
import { runStaprun } from '../../stap/run-stap.js';
import { ReadyFile } from '../ready-file.js';
import type { Side } from '../side.js';
import { Stop } from '../stop.js';
import { watch } from '../watch.js';
import { findModule, moduleCache, type WantedModule } from './modules.js';
import { removeOrphanedModules } from './orphans.js';

/** What a command wants of a run with SystemTap. */
export interface StapCommand<S extends StapSide> {
  options: {
    forMs: number | null;
    readyFile: string | null;
    bufferKib: number | null;
    module: string | null;
  };
  /** The module that is to be built where none is given. */
  module: () => WantedModule;
  /** Looks at what the module says of itself. @throws UnavailableError where it is not the right one */
  check: (header: StapHeader) => void;
  /** Wires model and output. */
  open: (header: StapHeader, out: OutputChannel) => S;
  begin: (side: S, run: ModuleRun) => Promise<void> | void;
  /** Why tracefs is not used, where it was to be tried first. */
  instead: KwhoError | null;
  otherwise: Otherwise | null;
}

/** What is done where SystemTap cannot be used. Returns the exit status. */
export type Otherwise = (why: KwhoError) => Promise<number>;

export interface StapSide extends Side {
  telling: { notice(code: string, level: 'info' | 'warning' | 'error', text: string, more?: object): void };
  readonly failure: KwhoError | null;
  record: ModuleRunOptions['record'];
  /** @param tell there is still somebody to be told */
  finish(tell?: boolean): Promise<void>;
}

/** A run with SystemTap, until it is told to stop. Returns the exit status. */
export async function runWithStap<S extends StapSide>(command: StapCommand<S>): Promise<number> {
  const { options, instead } = command;
  const out = openStandardOutput();
  const readyFile = new ReadyFile(options.readyFile);
  const stop = new Stop();
  const announce = () => {
    if (instead !== null)
      process.stderr.write(`kwho: ${printable(instead.message)}: trying SystemTap instead\n`);
  };
  const removed = await removeOrphanedModules('/proc');
  let side: S | null = null;
  let run: ModuleRun;
  try {
    const file = await findModule(options.module, command.module, announce, stop.aborted);
    run = await startModule(
      {
        file,
        release: release(),
        bufferMib: options.bufferKib === null ? BUFFER_MIB : Math.ceil(options.bufferKib / 1024),
        record: (record) => side?.record(record),
      },
      command.check,
      stop.aborted,
    );
  } catch (error) {
    if (stop.reached) return stop.status;
    if (options.module === null) noteUnfit(error, command.module());
    if (command.otherwise !== null && error instanceof KwhoError) return command.otherwise(error);
    throw both(error, instead);
  }
  try {
    const { header } = run;
    // It was told to stop before the module had begun.
    if (header === null) return stop.status;
    const live = command.open(header, out);
    side = live;
    for (const text of removed) live.telling.notice('orphan', 'warning', text);
    if (instead !== null)
      live.telling.notice('fallback', 'info', `SystemTap is used, because ${instead.message}`, {
        hint: instead.hint ?? null,
      });
    await command.begin(live, run);
    readyFile.announce();
    stop.after(options.forMs);
    await watch([live], out, stop);
    await live.finish(!out.closed);
  } finally {
    await endModule(run);
    await out.drain(stop.signal === null ? DRAIN_MS : DRAIN_AFTER_SIGNAL_MS);
  }
  const { failure } = side as S;
  if (failure !== null && !stop.reached) throw failure;
  return stop.status;
}

/** MiB between kernel and staprun: some ten thousand drops. */
const BUFFER_MIB = 8;
const DRAIN_MS = 5000;
const DRAIN_AFTER_SIGNAL_MS = 500;

/** A module that could be built and not be run would be built and fail next time as well. */
function noteUnfit(error: unknown, { command }: WantedModule): void {
  if (error instanceof KwhoError && error.code === 'stap-unfit')
    moduleCache().noteFailure(command, release(), error.message);
}

/** @throws what {@link ModuleRun.start} and the check throw; the module is out of the kernel then */
async function startModule(
  options: ModuleRunOptions,
  check: (header: StapHeader) => void,
  cancel: AbortSignal,
): Promise<ModuleRun> {
  const run = await ModuleRun.start(options, cancel);
  try {
    if (run.header !== null) check(run.header);
  } catch (error) {
    await endModule(run);
    throw error;
  }
  return run;
}

/** A staprun that was killed leaves its module. */
async function endModule(run: ModuleRun): Promise<void> {
  await run.stop();
  const name = run.module;
  if (!loadedModules('/proc').some((module) => module.name === name)) return;
  const why = await removeModule(name, runStaprun, '/proc');
  if (why !== null)
    process.stderr.write(
      `kwho: could not remove the module ${name} (${printable(why)}); the next run of kwho tries again\n`,
    );
}

/** Where tracefs was to be used first, what keeps that from working is the answer, and SystemTap its hint. */
function both(error: unknown, instead: KwhoError | null): unknown {
  if (instead === null || !(error instanceof KwhoError)) return error;
  const Kind = instead instanceof PermissionError ? PermissionError : UnavailableError;
  return new Kind(instead.message, {
    code: instead.code,
    hint: `${instead.hint ?? ''}; SystemTap cannot help out: ${error.message}`,
    cause: error,
  });
}
