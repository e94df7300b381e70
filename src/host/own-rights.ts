import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** capability.h: what tracing, the log and SystemTap's modules ask for. */
const CAPABILITIES: readonly [number, string][] = [
  [1, 'CAP_DAC_OVERRIDE'],
  [12, 'CAP_NET_ADMIN'],
  [16, 'CAP_SYS_MODULE'],
  [19, 'CAP_SYS_PTRACE'],
  [21, 'CAP_SYS_ADMIN'],
  [34, 'CAP_SYSLOG'],
];

/** Those capabilities that this process lacks (capabilities(7)); empty where it cannot be told. */
export function missingCapabilities(proc: string): string[] {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(read(join(proc, 'self/status')))?.[1];
  if (hex === undefined) return [];
  const effective = BigInt(`0x${hex}`);
  return CAPABILITIES.filter(([bit]) => ((effective >> BigInt(bit)) & 1n) === 0n).map(([, name]) => name);
}

/** Whether our user ids are the host's own, not those of a user namespace (user_namespaces(7)). */
export function ownsWholeHost(proc: string): boolean {
  const map = read(join(proc, 'self/uid_map')).trim();
  return map === '' || /^0\s+0\s+4294967295$/.test(map);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
