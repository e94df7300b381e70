import type { Check } from './check.js';

/** Every look and trial by its name. Loaded one by one: they are done in processes of their own. */
const CHECKS = {
  host: async () => (await import('./host-checks.js')).checkHost,
  tracing: async () => (await import('./tracing-checks.js')).checkTracing,
  'log events': async () => (await import('./log-trial.js')).tryLogTracing,
  'drop events': async () => (await import('./drop-trial.js')).tryDropTracing,
  'kernel log': async () => (await import('./klog-checks.js')).checkKernelLog,
  commands: async () => (await import('./command-trials.js')).tryCommands,
  'left behind': async () => (await import('./leftover-checks.js')).checkLeftovers,
  SystemTap: async () => (await import('./stap-checks.js')).checkSystemTap,
  repair: async () => (await import('./leftover-checks.js')).repair,
} satisfies Record<string, () => Promise<Check>>;

export type CheckName = keyof typeof CHECKS;

/** @param name of {@link CHECKS}, or `remove PID` */
export async function checkOf(name: string): Promise<Check> {
  const pid = /^remove (\d+)$/.exec(name)?.[1];
  if (pid !== undefined) {
    const { removeTrial } = await import('./leftover-checks.js');
    return (host) => removeTrial(host, Number(pid));
  }
  if (!Object.hasOwn(CHECKS, name)) throw new RangeError(`there is no check ${name}`);
  return CHECKS[name as CheckName]();
}
