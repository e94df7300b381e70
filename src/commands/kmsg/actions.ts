import { readFileSync } from 'node:fs';
import { LEVEL_NAMES } from '../../decode/log-levels.js';
import { UnavailableError, UsageError } from '../../errors.js';
import { openKlogctl } from '../../klog/klogctl.js';
import type { OptionValues } from '../command.js';

/** Options that ask or set something rather than print messages; at most one of them. */
const ACTIONS = ['size', 'unread', 'levels', 'console-level', 'console-on', 'console-off', 'clear'] as const;
type Action = (typeof ACTIONS)[number];

/**
 * Does what the action asked for says.
 * @returns what is to be printed; null where the command line has no action
 * @throws UsageError for a clear without --yes, UnavailableError without ffi-napi
 */
export function runAction(values: OptionValues, proc = '/proc'): string | null {
  const given = ACTIONS.filter((name) => name in values);
  const [action] = given;
  if (action === undefined) return null;
  const beside = values['read-clear'] === true ? [...given, 'read-clear'] : given;
  if (beside.length > 1) throw new UsageError(`--${beside.join(' and --')} do not go together`);
  return DO[action](values, proc);
}

const DO: Record<Action, (values: OptionValues, proc: string) => string> = {
  size: () => `${openKlogctl()('SIZE_BUFFER')}\n`,
  unread: () => `${openKlogctl()('SIZE_UNREAD')}\n`,
  levels: (_, proc) => consoleLevels(proc),
  'console-level': (values) => {
    openKlogctl()('CONSOLE_LEVEL', null, values['console-level'] as number);
    return '';
  },
  'console-on': () => {
    openKlogctl()('CONSOLE_ON');
    return '';
  },
  'console-off': () => {
    openKlogctl()('CONSOLE_OFF');
    return '';
  },
  clear: (values) => {
    demandYes(
      values,
      '--clear hides every message that is in the log now from dmesg and from syslog(2)',
      CLEAR_HINT,
    );
    openKlogctl()('CLEAR');
    return '';
  },
};

export const CLEAR_HINT =
  'the ring keeps them until they are overwritten: kwho kmsg --all and kwho log --recover show them. To do it: --yes';

/** @throws UsageError where the command line has no --yes, with what would have happened */
export function demandYes(values: OptionValues, what: string, hint: string): void {
  if (values.yes !== true) throw new UsageError(`nothing was done: ${what}`, hint);
}

/** `4 4 1 7` of /proc/sys/kernel/printk, in words. */
function consoleLevels(proc: string): string {
  const path = `${proc}/sys/kernel/printk`;
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (cause) {
    throw new UnavailableError(`${path} cannot be read`, { code: 'no-printk-levels', cause });
  }
  const levels = text.trim().split(/\s+/).map(Number);
  return LEVEL_WORDS.map((words, i) => {
    const level = levels[i] ?? Number.NaN;
    return `${level}  ${words}${i === 1 ? ` (${LEVEL_NAMES[level] ?? '?'})` : ''}\n`;
  }).join('');
}

/** Documentation/admin-guide/sysctl/kernel.rst, printk */
const LEVEL_WORDS = [
  'console: messages of a level below it are shown there',
  'default: what a message without a level gets',
  'minimum: the console level cannot be set lower',
  'boot: the console level that the kernel begins with',
];
