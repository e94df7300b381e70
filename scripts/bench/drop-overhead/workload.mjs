// The kernel's packet generator (Documentation/networking/pktgen.rst) hands packets for a closed UDP port straight to
// the stack of a namespace of its own; no route leads to their sender, so that nobody answers.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAMESPACE = 'overhead';
const DEVICE = 'sink';
/** A buffer is used so often before the next is made. */
const BURST = 1000;

/** @param packets a multiple of 1000 */
export function makeWorkload(packets) {
  sh(`modprobe pktgen; ip netns add ${NAMESPACE}; ip -n ${NAMESPACE} link add ${DEVICE} type dummy`);
  sh(`exec ip netns exec ${NAMESPACE} sh -ec '
    sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    ip addr add 10.9.0.1/24 dev ${DEVICE}
    ip link set ${DEVICE} up
    echo "add_device ${DEVICE}" > /proc/net/pktgen/kpktgend_0
    for setting in "xmit_mode netif_receive" "count ${packets}" "burst ${BURST}" "pkt_size 60" "delay 0" \\
      "src_min 198.51.100.1" "src_max 198.51.100.1" "dst 10.9.0.1" "udp_dst_min 9" "udp_dst_max 9" \\
      "dst_mac $(cat /sys/class/net/${DEVICE}/address)"
    do
      echo "$setting" > /proc/net/pktgen/${DEVICE}
    done'`);
  const inside = (command) => `/usr/sbin/ip netns exec ${NAMESPACE} ${command}`;
  const script = join(mkdtempSync(join(tmpdir(), 'kwho-workload-')), 'send.sh');
  const twice = 'echo start >/proc/net/pktgen/pgctrl; echo start >/proc/net/pktgen/pgctrl';
  writeFileSync(script, `exec ${inside(`sh -c "${twice}"`)}\n`);
  return {
    packets,
    /**
     * Sends them all twice, and returns then: what a watcher does once, at first sight of them, is over when they come
     * again. Without quotes, for programs that start what they watch themselves.
     */
    command: `/bin/sh ${script}`,
    run() {
      sh(this.command);
    },
    /** Milliseconds that they took the last time, by the generator's own account. */
    took() {
      const text = sh(inside(`cat /proc/net/pktgen/${DEVICE}`));
      const [, microseconds, sent] = /Result: OK: (\d+)\([^)]*\) usec, (\d+) /.exec(text) ?? [];
      if (Number(sent) !== packets) throw new Error(`the generator did not send ${packets} packets: ${text}`);
      return Number(microseconds) / 1000;
    },
  };
}

function sh(script) {
  return execFileSync('sh', ['-ec', script], { encoding: 'utf8' });
}
