import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.js';
import type { TraceInstance } from './instance.js';

/** The outcome of setting up the function tracer: the functions it now traces, and those it does not and why. */
export interface FunctionTracing {
  traced: string[];
  refused: { symbol: string; reason: string }[];
}

/** Why the function tracer cannot be used at all. */
export class FunctionTracerRefused extends Error {
  override readonly name = 'FunctionTracerRefused';
}

/**
 * Points the function tracer at exactly these functions and switches it on. An empty `set_ftrace_filter` means every
 * function of the kernel, so the filter is read back and compared first.
 * @throws FunctionTracerRefused with the tracer off
 */
export function traceFunctions(
  instance: TraceInstance,
  symbols: readonly string[],
  readBack: boolean,
): FunctionTracing {
  const result: FunctionTracing = { traced: [], refused: [] };
  for (const symbol of symbols) {
    try {
      instance.append('set_ftrace_filter', symbol);
      result.traced.push(symbol);
    } catch (error) {
      result.refused.push({
        symbol,
        reason: systemCode(error) ?? String(error),
      });
    }
  }
  if (result.traced.length === 0) {
    const reasons = [...new Set(result.refused.map(({ reason }) => reason))].join(', ');
    throw new FunctionTracerRefused(
      symbols.length === 0
        ? 'no function to trace was found'
        : `the kernel refuses set_ftrace_filter (${reasons})`,
    );
  }
  if (readBack) verifyFilter(instance.read('set_ftrace_filter'), result.traced);
  try {
    instance.startTracer('function', EMPTY_FILTER);
  } catch (error) {
    throw new FunctionTracerRefused(`the kernel refuses the function tracer (${systemCode(error)})`);
  }
  return result;
}

/** How `set_ftrace_filter` reads when it is empty (kernel/trace/ftrace.c t_show()). */
const EMPTY_FILTER = '#### all functions enabled ####';

/** @throws FunctionTracerRefused unless the filter names exactly the wanted functions */
export function verifyFilter(text: string, wanted: readonly string[]): void {
  // A function of a module reads back as `name [module]`, one with a command behind it as `name:command`.
  const lines = text.split('\n').filter((line) => line !== '');
  const found = new Set(lines.map((line) => line.split(/[ :]/)[0] ?? ''));
  const missing = wanted.filter((symbol) => !found.has(symbol));
  const extra = [...found].filter((symbol) => !wanted.includes(symbol));
  if (lines.length === 0 || missing.length > 0 || extra.length > 0) {
    throw new FunctionTracerRefused(
      `set_ftrace_filter reads back wrong (${lines.length} lines; missing: ${list(missing)}; not asked for: ${list(extra)}), ` +
        'and an empty or wide filter would trace the whole kernel',
    );
  }
}

function list(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.length > 5 ? `${names.slice(0, 5).join(' ')} and ${names.length - 5} more` : names.join(' ');
}

/**
 * The functions of this kernel that can be traced and that `wanted` picks: one pass over the 40,000 lines of
 * `available_filter_functions`, or over kallsyms on hosts that hide it.
 */
export function findTraceable(tracefs: string, proc: string, wanted: (symbol: string) => boolean): string[] {
  try {
    return scanLines(join(tracefs, 'available_filter_functions'), (line) => line, wanted);
  } catch {
    return scanLines(join(proc, 'kallsyms'), (line) => line.slice(line.lastIndexOf(' ') + 1), wanted);
  }
}

function scanLines(
  path: string,
  pick: (line: string) => string,
  wanted: (symbol: string) => boolean,
): string[] {
  const found = new Set<string>();
  const fd = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(64 * 1024);
    let rest = '';
    for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) {
      const lines = (rest + buffer.toString('latin1', 0, n)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        // A module's function stands as `name [module]`; no door of the log is in a module.
        if (line.endsWith(']')) continue;
        const symbol = pick(line);
        if (wanted(symbol)) found.add(symbol);
      }
    }
  } finally {
    closeSync(fd);
  }
  return [...found];
}
