import type { CanaryFacts } from '../../decode/canary-facts.js';
import { parseSyslogdArgs } from '../../decode/log-config/busybox-args.js';
import { type Forward, parseForwardHost } from '../../decode/log-config/forward.js';
import { passesMarkers, rsyslogTargets } from '../../decode/log-config/rsyslog-conf.js';
import type { LogFacts } from '../../decode/log-facts.js';
import { type CanaryHop, USER } from './canary-hop.js';
import { rsyslogReads } from './rsyslog.js';

/** A collector's copy of the marker for another host. */
export interface CanaryForward extends Forward {
  collector: string;
}

/** The other hosts that are to have a marker of this level, as far as the collectors' settings tell. */
export function canaryForwards(facts: LogFacts, level: number): CanaryForward[] {
  return [...ofRsyslog(facts, level), ...ofBusybox(facts, level)];
}

/** What became of the copies: those that were due, and those that nobody knew of. */
export function forwardHops(due: readonly CanaryForward[], { sent, connected }: CanaryFacts): CanaryHop[] {
  const hops = due.map((forward): CanaryHop => {
    const { collector, transport, port } = forward;
    const hop = `${collector}: copy to ${forward.to}`;
    const packet = typeof sent === 'string' ? undefined : sent.packets.find(isCopyFor(forward));
    const common = { hop, stage: 'collector' as const, delay: packet?.delay ?? null };
    const way = `${transport.toUpperCase()} port ${port}`;
    if (packet !== undefined)
      return { ...common, state: 'arrived', detail: `left this host for ${packet.dst}, ${way}` };
    if (typeof sent === 'string')
      return { ...common, state: 'skipped', detail: `what leaves this host cannot be watched: ${sent}` };
    if (transport === 'tcp' && connected !== null && !connected.includes(port))
      return { ...common, state: 'lost', detail: `nothing here is connected to TCP port ${port}` };
    if (sent.missed > 0)
      return {
        ...common,
        state: 'skipped',
        detail: `${sent.missed} packets passed too fast to be looked at`,
      };
    if (transport === 'tcp' || !forward.plain)
      return {
        ...common,
        state: 'skipped',
        detail: 'no packet shows it: TLS or compression may hide it, or it waits in a queue',
      };
    return { ...common, state: 'lost', detail: `no packet with it left for ${way}` };
  });
  const others =
    typeof sent === 'string' ? [] : sent.packets.filter((one) => !due.some((each) => isCopyFor(each)(one)));
  return [
    ...hops,
    ...others.map(
      ({ dst, transport, port, delay }): CanaryHop => ({
        hop: `copy to ${dst}`,
        stage: 'collector',
        state: 'arrived',
        delay,
        detail: `left this host, ${transport.toUpperCase()} port ${port}`,
      }),
    ),
  ];
}

/** The name in a configuration may be any of a host's: transport and port must do. */
export function isCopyFor({
  transport,
  port,
}: Forward): (packet: { transport: string; port: number }) => boolean {
  return (packet) => packet.transport === transport && packet.port === port;
}

function ofRsyslog(facts: LogFacts, level: number): CanaryForward[] {
  const { daemon, config } = facts.rsyslog;
  if (daemon === null || daemon.halted || config === null || !rsyslogReads(facts) || !passesMarkers(config))
    return [];
  return rsyslogTargets(config, USER, level).targets.flatMap((target) =>
    target.kind === 'forward' ? [{ collector: 'rsyslog', ...target.forward }] : [],
  );
}

function ofBusybox({ busybox: { klogd, syslogd } }: LogFacts, level: number): CanaryForward[] {
  if (klogd === null || syslogd === null || klogd.halted || syslogd.halted) return [];
  const { forward, below } = parseSyslogdArgs(syslogd.cmdline.slice(1));
  return forward === null || level >= below
    ? []
    : [{ collector: 'BusyBox syslogd', ...parseForwardHost(forward) }];
}
