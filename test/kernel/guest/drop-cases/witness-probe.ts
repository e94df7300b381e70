import { readFileSync } from 'node:fs';
import { Btf } from '../../../../src/host/btf.js';
import type { Kernel } from './kernels.js';

/** Words of a packet's buffer that are fetched: where the headers are varies with who made the packet. */
export const HEAD_WORDS = 44;

/** On 5.10 on the freeing function, later on the tracepoint (Documentation/trace/kprobetrace.rst, eprobetrace.rst). */
export function probeDefinition(
  kernel: Kernel,
  group: string,
): { definition: string; filter: string | null } {
  const btf = Btf.parse(readFileSync('/sys/kernel/btf/vmlinux'));
  const at = (struct: string, path: string) => {
    const member = btf.member(struct, path);
    if (member === null) throw new Error(`the kernel's BTF has no ${struct}.${path}`);
    return member.offset;
  };
  const old = kernel === '5.10';
  const rxSocket = kernel === '6.12' || kernel === '7.2';
  const skb = old ? '%di' : '$skbaddr';
  const dev = `+${at('sk_buff', 'dev')}(${skb})`;
  const sk = `+${at('sk_buff', 'sk')}(${skb})`;
  const inode = at('net', 'ns.inum');
  const fields = [
    `skb=${skb}:x64`,
    old ? 'loc=$stack0:symbol' : 'loc=$location:symbol reason=$reason:s32',
    `users=+${at('sk_buff', 'users')}(${skb}):u32`,
    `proto=+${at('sk_buff', 'protocol')}(${skb}):x16`,
    `len=+${at('sk_buff', 'len')}(${skb}):u32`,
    `nh=+${at('sk_buff', 'network_header')}(${skb}):u16`,
    `th=+${at('sk_buff', 'transport_header')}(${skb}):u16`,
    `mh=+${at('sk_buff', 'mac_header')}(${skb}):u16`,
    `dev=+${at('net_device', 'name')}(${dev}):string`,
    `ifindex=+${at('net_device', 'ifindex')}(${dev}):s32`,
    `netns=+${inode}(+${at('net_device', 'nd_net')}(${dev})):u32`,
    `sk=${sk}:x64`,
    `sknetns=+${inode}(+${at('sock', '__sk_common.skc_net')}(${sk})):u32`,
    ...(rxSocket
      ? [`rxsk=$rx_sk:x64`, `rxnetns=+${inode}(+${at('sock', '__sk_common.skc_net')}($rx_sk)):u32`]
      : []),
    `hd=+0(+${at('sk_buff', 'head')}(${skb})):x64[${HEAD_WORDS}]`,
  ].join(' ');
  return old
    ? { definition: `p:${group}/drop kfree_skb ${fields}`, filter: 'users == 1 && skb != 0' }
    : { definition: `e:${group}/drop skb.kfree_skb ${fields}`, filter: null };
}
