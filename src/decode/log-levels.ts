/** The names of levels, 0 (the worst) to 7, as dmesg(1) and syslog(3) write them. */
export const LEVEL_NAMES = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'] as const;

/** The names of facilities, 0 (the kernel itself) to 23, as dmesg(1) and syslog(3) write them. */
export const FACILITY_NAMES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['res0', 'res1', 'res2', 'res3'],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];
