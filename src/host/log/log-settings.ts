import {
  parseBootOptions,
  parseConsoles,
  parsePrintkLevels,
} from '../../decode/log-config/printk-settings.js';
import type { LogSettings } from '../../decode/log-facts.js';
import { type LogWorld, readNumber, readText } from './log-world.js';

/** What this kernel was told about its log (Documentation/admin-guide/sysctl/kernel.rst and net.rst). */
export function readLogSettings(world: LogWorld): LogSettings {
  const text = (path: string) => readText(world, path)?.trim() ?? null;
  const levels = text('/proc/sys/kernel/printk');
  const cmdline = text('/proc/cmdline');
  const consoles = text('/proc/consoles');
  const ignore = text('/sys/module/printk/parameters/ignore_loglevel');
  return {
    levels: levels === null ? null : parsePrintkLevels(levels),
    devkmsg: text('/proc/sys/kernel/printk_devkmsg'),
    dmesgRestrict: readNumber(world, '/proc/sys/kernel/dmesg_restrict'),
    ratelimitBurst: readNumber(world, '/proc/sys/kernel/printk_ratelimit_burst'),
    netMessageBurst: readNumber(world, '/proc/sys/net/core/message_burst'),
    ignoreLoglevel: ignore === null ? null : ignore === 'Y',
    boot: cmdline === null ? null : parseBootOptions(cmdline),
    consoles: consoles === null ? null : parseConsoles(consoles),
  };
}
