import type { ByteString } from '../decode/trace-record.js';
import type { DropRule } from './net-drop-rule.js';

/**
 * The rules that drop or reject, and the chains whose policy is to drop, from what `iptables-legacy-save -c` prints. The
 * rules of iptables-nft are in nft's own list.
 * @param tool `iptables` or `ip6tables`, for the words
 * @param command that shows them
 */
export function parseIptablesSave(text: ByteString, tool: string, command: string): DropRule[] {
  const rules: DropRule[] = [];
  const seen = new Map<string, number>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const policy = /^:(\S+) DROP \[(\d+):\d+\]$/.exec(line);
    if (policy !== null) {
      const text = `policy DROP of ${tool} table ${table} chain ${policy[1]}`;
      rules.push({ id: text, text, command, packets: Number(policy[2]) });
    }
    const rule = /^\[(\d+):\d+\] -A (.*)$/.exec(line);
    if (
      rule === null ||
      !/ -j (?:DROP|REJECT)(?= |$)/.test((rule[2] as string).replace(/"(?:[^"\\]|\\.)*"/g, '""'))
    )
      continue;
    const name = `rule in ${tool} table ${table} '-A ${rule[2]}'`;
    // The same rule may stand there twice: told apart by their order.
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    rules.push({ id: `${name} ${nth}`, text: name, command, packets: Number(rule[1]) });
  }
  return rules;
}
