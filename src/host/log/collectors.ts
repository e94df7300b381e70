import { parseSyslogdArgs } from '../../decode/log-config/busybox-args.js';
import { rsyslogTargets } from '../../decode/log-config/rsyslog-conf.js';
import { parseSyslogNg } from '../../decode/log-config/syslog-ng-conf.js';
import type {
  BusyboxFacts,
  JournaldFacts,
  RingRecord,
  RsyslogFacts,
  SyslogNgFacts,
} from '../../decode/log-facts.js';
import type { ByteString } from '../../decode/trace-record.js';
import { findDaemons } from './daemons.js';
import { readJournald } from './journald.js';
import { checkStore } from './log-store.js';
import { type LogWorld, readText } from './log-world.js';
import { readRsyslogConfig } from './rsyslog.js';

export interface Collectors {
  journald: JournaldFacts;
  rsyslog: RsyslogFacts;
  syslogNg: SyslogNgFacts;
  busybox: BusyboxFacts;
}

/**
 * Every collector of the kernel log: runs it, how is it set up, and has it in its files what the ring has.
 * @param sample records of the ring to look for in those files
 * @param booted when this kernel started, in milliseconds of the wall clock
 */
export async function readCollectors(
  world: LogWorld,
  text: ByteString | null,
  sample: readonly RingRecord[],
  booted: number,
): Promise<Collectors> {
  const daemons = findDaemons(world);
  const check = (paths: readonly ByteString[]) =>
    [...new Set(paths)].map((path) => checkStore(world, path, sample, booted));

  const rsyslogd = daemons.get('rsyslogd') ?? null;
  const rsyslogConfig = readRsyslogConfig(world, rsyslogd);
  const targets = rsyslogConfig === null ? [] : rsyslogTargets(rsyslogConfig, 0, 6).targets;

  const syslogNgDaemon = daemons.get('syslog-ng') ?? null;
  const syslogNgText = readText(world, '/etc/syslog-ng/syslog-ng.conf');
  const syslogNgConfig = syslogNgText === null ? null : parseSyslogNg(syslogNgText);

  const syslogd = daemons.get('syslogd') ?? null;
  const syslogdFile =
    syslogd === null ? '/var/log/messages' : parseSyslogdArgs(syslogd.cmdline.slice(1)).file;
  return {
    journald: await readJournald(world, daemons.get('systemd-journald') ?? null, text),
    rsyslog: {
      daemon: rsyslogd,
      config: rsyslogConfig,
      stores: check(targets.flatMap((target) => (target.kind === 'file' ? [target.path] : []))),
    },
    syslogNg: {
      daemon: syslogNgDaemon,
      config: syslogNgConfig,
      stores: check(
        // Its many files are of mail, cron and the like; these are where distributions put the kernel.
        (syslogNgConfig?.files ?? []).filter((path) => /kern|messages|syslog|everything/.test(path)),
      ),
    },
    busybox: {
      klogd: daemons.get('klogd') ?? null,
      syslogd,
      devLog: listensOnDevLog(world),
      stores: check(syslogdFile === null ? [] : [syslogdFile]),
    },
  };
}

/** A bound datagram or stream socket in /proc/net/unix that /dev/log is, or leads to. */
function listensOnDevLog(world: LogWorld): boolean | null {
  const sockets = readText(world, '/proc/net/unix');
  if (sockets === null) return null;
  return /\s(?:\/dev\/log|\/run\/systemd\/journal\/dev-log)$/m.test(sockets);
}
