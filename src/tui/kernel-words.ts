import type { KernelMessageEvent } from '../model/events.js';
import { printable } from '../output/escape.js';

/** A message of the kernel that matters to whoever looks for missing packets or records. */
export interface NotableMessage {
  /** Messages with the same one say the same of the same thing. */
  fold: string;
  /** Printable. */
  text: string;
  hint: string;
}

/** null for a message that does not matter here, and for one that did not come from the kernel. */
export function notableMessage({ text, facility }: KernelMessageEvent): NotableMessage | null {
  // What is written to /dev/kmsg has another facility (kernel/printk/printk.c devkmsg_write()): nobody can forge these.
  if (facility !== 0) return null;
  const line = text.slice(0, LONGEST);
  for (const { pattern, hint } of MESSAGES) {
    const found = pattern.exec(line);
    if (found !== null) return { fold: foldOf(pattern, found), text: printable(oneLine(line)), hint };
  }
  return null;
}

/** Bytes: a line of netfilter has some 300. */
const LONGEST = 400;

/** What the pattern takes out tells one thing from another; everything else may differ. */
function foldOf(pattern: RegExp, [, ...parts]: RegExpExecArray): string {
  return `${pattern.source}\0${parts.join('\0')}`;
}

function oneLine(text: string): string {
  const end = text.indexOf('\n');
  return end === -1 ? text : text.slice(0, end);
}

/** Every pattern is linear in the length of the text. The sources are those of Linux 5.10 to 7.2. */
const MESSAGES: readonly { pattern: RegExp; hint: string }[] = [
  {
    // net/netfilter/nf_log_syslog.c nf_log_dump_packet_common(); before IN= stands the prefix of the rule.
    pattern: /^(.{0,128}?)IN=(\S*) OUT=(\S*) /,
    hint: 'a rule with LOG matched this packet: the rule behind it says what became of it',
  },
  {
    // net/netfilter/nf_conntrack_core.c early_drop(), its caller
    pattern: /nf_conntrack: table full/,
    hint: 'new connections are dropped: raise net.netfilter.nf_conntrack_max, or exempt traffic from tracking',
  },
  {
    // lib/ratelimit.c ___ratelimit()
    pattern: /^(\S{1,64}) \d+ callbacks suppressed/,
    hint: 'the kernel said this more often than it may: what it said is not all there was',
  },
  {
    // mm/oom_kill.c __oom_kill_process()
    pattern: /[Oo]ut of memory.{0,40}: Kill(?:ed)? process \d+ \((.{0,64}?)\)/,
    hint: 'the kernel ended a process to get memory back: its connections and its reading of the log ended too',
  },
  {
    // net/sched/sch_generic.c dev_watchdog()
    pattern: /^(.{0,64}?)NETDEV WATCHDOG: (\S{1,32} \(\S{0,32}\))?/,
    hint: 'a transmit queue of the card stopped: what waited in it is dropped when the driver resets the card',
  },
  {
    // net/core/neighbour.c neigh_alloc()
    pattern: /neighbour: (\S{0,32}) ?neighbor table overflow/,
    hint: 'packets to new neighbours are dropped: raise net.ipv4.neigh.default.gc_thresh3, or that of ipv6',
  },
  {
    // net/ipv4/tcp_input.c tcp_syn_flood_action()
    pattern: /Possible SYN flooding on (port \S{1,64}?)\.? /,
    hint: 'the listen queue of this port is full: raise its backlog and net.core.somaxconn, or look who floods it',
  },
  {
    // drivers/net/bonding/bond_main.c bond_miimon_commit()
    pattern: /^(.{0,64})link status definitely down/,
    hint: 'packets to this interface are dropped until its link is back',
  },
  {
    // drivers/net/phy/phy.c phy_print_status() and the drivers of cards; disks have links too.
    pattern: /^(?!.{0,64}SATA)(.{0,64}?)\b[Ll]ink (?:is )?[Dd]own\b/,
    hint: 'packets to this interface are dropped until its link is back',
  },
];
