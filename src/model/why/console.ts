import type { LogFacts } from '../../decode/log-facts.js';
import { LEVEL_NAMES } from '../../decode/log-levels.js';
import type { Check, Finding } from './finding.js';

/** What the console leaves out. The log has it all the same: these are notes. */
export const consoleOnly: Check = {
  find: (facts) => [level(facts), absent(facts), suspended(facts)].filter((finding) => finding !== null),
  unchecked: ({ settings }) => (settings.consoles === null ? ['the consoles: /proc/consoles'] : []),
};

function level({ settings }: LogFacts): Finding | null {
  const { levels, boot, ignoreLoglevel } = settings;
  if (levels === null || ignoreLoglevel === true || boot?.ignoreLoglevel === true) return null;
  if (levels.console > HIDES_WARNINGS) return null;
  const quiet = boot?.quiet === true && boot.loglevel === null && levels.console === HIDES_WARNINGS;
  const byBoot = boot?.loglevel === levels.console;
  const shown = LEVEL_NAMES.slice(0, Math.max(levels.console, 0)).join(', ');
  return {
    cause: quiet ? 'quiet' : 'console-level',
    stage: 'console',
    severity: 'note',
    certainty: 'certain',
    finding: `the console shows only ${shown || 'nothing'}: ${quiet ? 'the kernel was started with quiet' : byBoot ? `the kernel was started with loglevel=${boot?.loglevel}` : 'somebody has lowered its level'}; the log has the rest`,
    evidence: [
      `/proc/sys/kernel/printk = ${[levels.console, levels.standard, levels.minimum, levels.boot].join(' ')}: a message of level ${levels.console} or above stays off the console`,
      ...(quiet ? ['/proc/cmdline: quiet'] : byBoot ? [`/proc/cmdline: loglevel=${boot?.loglevel}`] : []),
    ],
    remedy: ['dmesg -n 7 until the next boot', ...(quiet ? ['boot without quiet, or with loglevel=7'] : [])],
  };
}

/** CONSOLE_LOGLEVEL_QUIET (include/linux/printk.h): warnings and all below them stay off. */
const HIDES_WARNINGS = 4;

function absent({ settings }: LogFacts): Finding | null {
  const { boot, consoles } = settings;
  if (boot === null || consoles === null) return null;
  const there = new Set(consoles.map(({ name }) => name));
  // A console may be named by its device, or by a name that stands for whichever comes first.
  const missing = [...new Set(boot.consoles)].filter(
    (name) => /^[a-z]+[A-Z]*\d+$/.test(name) && !there.has(name),
  );
  if (missing.length === 0) return null;
  return {
    cause: 'console-absent',
    stage: 'console',
    severity: 'note',
    certainty: 'certain',
    finding: `the kernel was told of a console that it does not have: ${missing.join(', ')}`,
    evidence: [
      ...missing.map((name) => `/proc/cmdline: console=${name}`),
      `/proc/consoles: ${[...there].join(', ') || 'none'}`,
    ],
    remedy: ['the driver may be missing or the name may be wrong: see console= in kernel-parameters.txt'],
  };
}

function suspended({ settings }: LogFacts): Finding | null {
  const off = (settings.consoles ?? []).filter(({ enabled }) => !enabled);
  if (off.length === 0) return null;
  return {
    cause: 'console-suspended',
    stage: 'console',
    severity: 'note',
    certainty: 'certain',
    finding: `${off.map(({ name }) => name).join(', ')} takes no messages: the console is not enabled`,
    evidence: off.map(({ name }) => `/proc/consoles: ${name} without E`),
    remedy: ['boot with no_console_suspend if it is a suspend that lasts'],
  };
}
