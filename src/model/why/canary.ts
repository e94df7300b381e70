import type { CanaryFacts } from '../../decode/canary-facts.js';
import { parseSyslogdArgs } from '../../decode/log-config/busybox-args.js';
import { passesMarkers, rsyslogTargets } from '../../decode/log-config/rsyslog-conf.js';
import type { LogFacts } from '../../decode/log-facts.js';
import { LEVEL_NAMES } from '../../decode/log-levels.js';
import type { ByteString } from '../../decode/trace-record.js';
import { canaryForwards, forwardHops } from './canary-forwards.js';
import { type CanaryHop, USER } from './canary-hop.js';
import type { Finding } from './finding.js';
import { rsyslogReads } from './rsyslog.js';

/** Where the marker went, hop by hop, in the order of its way. */
export function followCanary(facts: LogFacts, canary: CanaryFacts): CanaryHop[] {
  const first = writeHops(facts, canary);
  if (canary.seq === null) return first;
  return [...first, consoleHop(facts, canary), ...collectorHops(facts, canary)];
}

/** The hop that loses it, as a finding: each collector has a way of its own. */
export function canaryFindings(facts: LogFacts, canary: CanaryFacts): Finding[] {
  return followCanary(facts, canary)
    .filter(({ state }) => state === 'lost')
    .map(({ hop, stage, detail }) => ({
      cause: `canary-lost-${hop
        .replace(/[^a-z0-9]+/gi, '-')
        .replace(/^-|-$/g, '')
        .toLowerCase()}`,
      stage,
      severity: 'missing',
      certainty: 'certain',
      finding: `the marker is lost at ${hop}: ${detail}`,
      evidence: [
        `${canary.marker}, user.${LEVEL_NAMES[canary.level]}${canary.seq === null ? '' : `, sequence ${canary.seq}`}`,
        `looked for during ${(canary.waited / 1000).toFixed(1)} s`,
      ],
      remedy: [],
    }));
}

/** The files that are to have a marker of this level, as far as the collectors' settings tell. */
export function canaryFiles({ rsyslog, busybox }: LogFacts, level: number): ByteString[] {
  const files: ByteString[] = [];
  const { config } = rsyslog;
  if (rsyslog.daemon !== null && config !== null && passesMarkers(config))
    for (const target of rsyslogTargets(config, USER, level).targets)
      if (target.kind === 'file') files.push(target.path);
  const args = busybox.syslogd === null ? null : parseSyslogdArgs(busybox.syslogd.cmdline.slice(1));
  if (busybox.klogd !== null && args?.file != null && level < args.below) files.push(args.file);
  return files;
}

/** Whether a collector runs whose settings name no place for the marker: they may be others than it was started with. */
export function wantsPatience(facts: LogFacts, level: number): boolean {
  const { rsyslog, syslogNg, busybox } = facts;
  const runs = rsyslog.daemon !== null || syslogNg.daemon !== null || busybox.klogd !== null;
  const isKnown = canaryFiles(facts, level).length > 0 || canaryForwards(facts, level).length > 0;
  return runs && !isKnown;
}

function writeHops({ settings, ring }: LogFacts, canary: CanaryFacts): CanaryHop[] {
  const { refused, seq, ringDelay, readAll, oldestAfter } = canary;
  const hop = 'write to /dev/kmsg';
  if (refused !== null)
    return [
      {
        hop,
        stage: 'ring',
        state: 'lost',
        delay: null,
        detail: `${refused}${settings.devkmsg === 'off' ? ', printk_devkmsg is off' : ''}`,
      },
    ];
  const written: CanaryHop = { hop, stage: 'ring', state: 'arrived', delay: 0, detail: 'taken' };
  if (seq === null)
    return [
      written,
      {
        hop: 'ring',
        stage: 'ring',
        state: ring.door === '/dev/kmsg' ? 'lost' : 'skipped',
        delay: null,
        detail:
          ring.error === null
            ? 'no reader of /dev/kmsg saw it: it was swallowed, or overwritten at once'
            : `/dev/kmsg cannot be read (${ring.error})`,
      },
    ];
  const wrapped = oldestAfter !== null && oldestAfter > seq;
  return [
    written,
    {
      hop: 'ring',
      stage: 'ring',
      state: 'arrived',
      delay: ringDelay,
      detail: `a reader of /dev/kmsg saw it as sequence ${seq}${wrapped ? `; overwritten since, the oldest is ${oldestAfter}` : ''}`,
    },
    {
      hop: 'syslog(2) READ_ALL',
      stage: 'dmesg',
      state: readAll === null ? 'skipped' : readAll || wrapped ? 'arrived' : 'lost',
      delay: null,
      detail:
        readAll === null
          ? 'nothing here can call it'
          : readAll
            ? 'shown'
            : 'a clear or a full buffer hides it',
    },
  ];
}

function consoleHop({ settings }: LogFacts, { level }: CanaryFacts): CanaryHop {
  const { levels, consoles, ignoreLoglevel } = settings;
  const shown = ignoreLoglevel === true || (levels !== null && level < levels.console);
  const names = (consoles ?? []).map(({ name }) => name).join(', ') || 'no console';
  return {
    hop: 'console',
    stage: 'console',
    state: 'skipped',
    delay: null,
    detail:
      levels === null
        ? 'its level is not known'
        : shown
          ? `level ${level} is below ${levels.console}: it is printed on ${names}`
          : `level ${level} is not below ${levels.console}: it stays off ${names}`,
  };
}

function collectorHops(facts: LogFacts, canary: CanaryFacts): CanaryHop[] {
  const { rsyslog, syslogNg, busybox } = facts;
  const hops = [journaldHop(facts, canary)];
  const told = new Set<string>();
  const place = (name: string, paths: readonly string[], reason: string | null, lost: boolean) => {
    const found = canary.files.filter(({ path }) => paths.includes(path));
    for (const { path } of found) told.add(path);
    for (const { path, delay } of found)
      hops.push({ hop: `${name}: ${path}`, stage: 'collector', state: 'arrived', delay, detail: 'written' });
    if (found.length > 0 || reason === null) return;
    hops.push({
      hop: name,
      stage: 'collector',
      state: lost ? 'lost' : 'skipped',
      delay: null,
      detail: reason,
    });
  };
  if (rsyslog.daemon !== null) place('rsyslog', ...rsyslogReason(facts, canary));
  if (busybox.klogd !== null || busybox.syslogd !== null)
    place('BusyBox syslogd', ...busyboxReason(facts, canary));
  if (syslogNg.daemon !== null)
    place(
      'syslog-ng',
      (syslogNg.config?.files ?? []).slice(),
      overwrittenWords(canary) ?? 'none of its files has it',
      syslogNg.config?.readsKernel !== false,
    );
  hops.push(...forwardHops(canaryForwards(facts, canary.level), canary));
  for (const { path, delay } of canary.files)
    if (!told.has(path))
      hops.push({ hop: path, stage: 'collector', state: 'arrived', delay, detail: 'written' });
  return hops.filter((hop) => hop !== null);
}

/** A collector that was too slow: the ring had gone round before it read. */
function overwrittenWords({ seq, oldestAfter }: CanaryFacts): string | null {
  if (seq === null || oldestAfter === null || oldestAfter <= seq) return null;
  return `the ring wrapped over it before it was read: it was sequence ${seq}, the oldest is ${oldestAfter}`;
}

function journaldHop(facts: LogFacts, canary: CanaryFacts): CanaryHop {
  const { daemon, config, hasJournal } = facts.journald;
  const hop = { hop: 'journald', stage: 'collector' as const, delay: canary.journald?.delay ?? null };
  if (canary.journald?.found === true) return { ...hop, state: 'arrived', detail: 'journalctl -k shows it' };
  if (daemon === null)
    return hasJournal && (facts.journald.stored?.count ?? 0) > 0
      ? { ...hop, state: 'lost', detail: 'it does not run any more' }
      : { ...hop, state: 'skipped', detail: 'it does not run' };
  const detail = !facts.readers.some(({ pid, door }) => pid === daemon.pid && door === '/dev/kmsg')
    ? `it does not read the kernel log${config.readKmsg ? '' : ' (ReadKMsg=no)'}`
    : config.storage === 'none'
      ? 'it stores nothing (Storage=none)'
      : canary.level > config.maxLevelStore
        ? `it does not store ${LEVEL_NAMES[canary.level]} (MaxLevelStore=${LEVEL_NAMES[config.maxLevelStore]})`
        : (overwrittenWords(canary) ??
          (daemon.halted ? HALTED : null) ??
          facts.journald.refused ??
          'journalctl -k does not show it');
  return { ...hop, state: 'lost', detail };
}

const HALTED = 'it is stopped by a signal';

/** `reason` is null where its copies for other hosts tell. */
type Reason = [paths: string[], reason: string | null, lost: boolean];

function rsyslogReason(facts: LogFacts, canary: CanaryFacts): Reason {
  const { daemon, config } = facts.rsyslog;
  const { level, files } = canary;
  if (config === null) return [[], 'its configuration cannot be read', false];
  const { targets, unsure } = rsyslogTargets(config, USER, level);
  const paths = targets.flatMap((target) => (target.kind === 'file' ? [target.path] : []));
  const all = [...paths, ...(unsure ? files.map(({ path }) => path) : [])];
  const named = LEVEL_NAMES[level];
  if (!rsyslogReads(facts)) return [all, 'it does not read the kernel log', true];
  if (!passesMarkers(config))
    return [
      all,
      'imklog drops what programs write to /dev/kmsg, by default: PermitNonKernelFacility="on" lets a marker through',
      false,
    ];
  const slow = overwrittenWords(canary) ?? (daemon?.halted === true ? HALTED : null);
  if (paths.length === 0 && targets.some(({ kind }) => kind === 'forward')) return [all, slow, slow !== null];
  if (paths.length === 0) return [all, `no rule sends user.${named} to a file`, !unsure];
  return [all, slow ?? `none of ${paths.join(', ')} has it`, true];
}

function busyboxReason({ busybox: { klogd, syslogd, devLog } }: LogFacts, canary: CanaryFacts): Reason {
  const { level } = canary;
  const args = syslogd === null ? null : parseSyslogdArgs(syslogd.cmdline.slice(1));
  const paths = args?.file == null ? [] : [args.file];
  if (klogd === null) return [paths, 'klogd does not run', true];
  if (klogd.halted) return [paths, overwrittenWords(canary) ?? `klogd: ${HALTED}`, true];
  if (syslogd === null || args === null)
    return [
      paths,
      devLog === false ? 'klogd has no syslogd to hand it to' : 'klogd hands it to another daemon',
      devLog === false,
    ];
  if (syslogd.halted) return [paths, `syslogd: ${HALTED}`, true];
  if (level >= args.below)
    return [paths, `syslogd leaves out ${LEVEL_NAMES[level]} (-l ${args.below})`, true];
  if (args.file === null) return [paths, args.buffer ? 'it is in memory: logread shows it' : null, false];
  return [paths, overwrittenWords(canary) ?? `${args.file} does not have it`, true];
}
