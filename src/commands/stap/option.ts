import { UsageError } from '../../errors.js';
import type { OptionSpec, OptionValues } from '../command.js';

export const MODULE: OptionSpec = {
  value: 'FILE.ko',
  help: 'run this SystemTap module, as kwho probe --compile builds one; implies --backend stap; with --backend auto, tracefs instead where it cannot run',
};

/**
 * What the options say of SystemTap.
 * @throws UsageError for options that say nothing to it
 */
export function stapChoice<B extends string>(values: OptionValues): { backend: B; module: string | null } {
  const module = (values.module as string | undefined) ?? null;
  const backend = (values.backend as string | undefined) ?? (module === null ? 'auto' : 'stap');
  if (module !== null && backend !== 'stap' && backend !== 'auto')
    throw new UsageError(`--module is for --backend stap or auto, and --backend ${backend} came`);
  const strange = backend === 'stap' ? FTRACE_ONLY.find((name) => values[name] !== undefined) : undefined;
  if (strange !== undefined)
    throw new UsageError(
      `--${strange} says nothing to the backend stap`,
      strange === 'dry-run' ? 'kwho probe drops and kwho probe log print its scripts' : undefined,
    );
  return { backend: backend as B, module };
}

/** Options that are about the kernel's own tracing. */
const FTRACE_ONLY = ['dry-run', 'reader'] as const;
