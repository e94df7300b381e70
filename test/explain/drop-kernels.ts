import { readFileSync } from 'node:fs';
import { DropCatalogue } from '../../src/explain/drop-catalogue.js';

export const CATALOGUE = DropCatalogue.of(readProbe('drop-reasons'), readProbe('drop-functions'));

export type Kernel = '5.10' | '6.1' | '6.12' | '7.2';

export function readProbe(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../probes/${name}.json`, import.meta.url), 'utf8'));
}

export function readFixture(kernel: Kernel, name: string): string {
  return readFileSync(new URL(`../fixtures/${kernel}/${name}`, import.meta.url), 'utf8');
}

/** The reasons of `skb:kfree_skb`'s print format. */
export function formatReasons(kernel: Kernel): string[] {
  const names = readFixture(kernel, 'format-skb-kfree_skb.txt').matchAll(/\{ \d+, "(\w+)" \}/g);
  return [...names].map(([, name]) => name as string).filter((name) => name !== 'MAX');
}

/** The reasons of the kernel's BTF, as `bpftool btf dump` prints the enums; those of subsystems with their numbers. */
export function btfReasons(kernel: Kernel): Map<string, number> {
  const found = readFixture(kernel, 'drop-reasons.btf.txt').matchAll(
    /^\t'(?:SKB_DROP_REASON_(\w+)|(RX_DROP_\w+|OVS_DROP_\w+|QDISC_DROP_\w+))' val=(\d+)$/gm,
  );
  const reasons = [...found].map(
    ([, core, other, value]) => [(core ?? other) as string, Number(value)] as const,
  );
  return new Map(reasons.filter(([name]) => !NO_REASONS.test(name)));
}

const NO_REASONS = /^SUBSYS_|MAX$|_UNSPEC$/;
