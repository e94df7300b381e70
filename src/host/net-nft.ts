import type { ByteString } from '../decode/trace-record.js';
import type { DropRule } from './net-drop-rule.js';
import { shellWord } from './netns-reach.js';

/**
 * The rules that drop or reject, and the chains whose policy is to drop, from `nft -a -t list ruleset`. From its text and
 * not from its JSON: this is how the user knows the rule. Lines that are something else are passed over.
 */
export function parseNftRuleset(text: ByteString): DropRule[] {
  const rules: DropRule[] = [];
  const named = new Map<string, number>();
  let table = '';
  let command = '';
  let block: { kind: string; name: string } | null = null;
  let pending = '';
  for (const line of text.split('\n')) {
    const opened = /^(\t?)(\w+) (.+) \{(?: # handle \d+)?$/.exec(line);
    if (opened !== null) {
      const [, indent, kind = '', name = ''] = opened;
      if (indent === '') table = `${kind} ${name}`.startsWith('table ') ? name : '';
      block = indent === '' ? null : { kind, name };
      command = ['nft -a list chain', ...table.split(' '), name]
        .map((word, i) => (i === 0 ? word : shellWord(word)))
        .join(' ');
      pending = '';
    } else if (line === '\t}' || line === '}') {
      block = null;
    } else if (block?.kind === 'counter') {
      const packets = /^\t\tpackets (\d+) bytes \d+$/.exec(line)?.[1];
      if (packets !== undefined) named.set(`${table} ${block.name}`, Number(packets));
    } else if (block?.kind === 'chain' && line.startsWith('\t\t')) {
      const place = { chain: `table ${table} chain ${block.name}`, table, command };
      const policy = policyOf(line, place);
      if (policy !== null) rules.push(policy);
      pending = pending === '' ? line.trim() : `${pending.slice(0, LONGEST_RULE)} ${line.trim()}`;
      const complete = HANDLE.exec(pending);
      if (complete === null && !STATEMENT.test(line)) continue;
      const rule = complete === null ? null : ruleOf(complete[1] as string, complete[2] as string, place);
      if (rule !== null) rules.push(rule);
      pending = '';
    }
  }
  return rules.map(({ namedCounter, ...rule }) =>
    namedCounter === undefined ? rule : { ...rule, packets: named.get(namedCounter) ?? null },
  );
}

const HANDLE = /^(.*) # handle (\d+)$/;
/** Lines of a chain that are no rules. */
const STATEMENT = /^\t\t(?:type \w+ hook |policy |comment "|flags )/;
const LONGEST_RULE = 4096;

interface Place {
  /** `table inet filter chain input` */
  chain: ByteString;
  table: ByteString;
  command: ByteString;
}

function policyOf(line: ByteString, { chain, command }: Place): DropRule | null {
  const match = /^\t\ttype \w+ hook (\w+)(?: .*)?; policy drop;/.exec(line);
  if (match === null) return null;
  return {
    id: `${chain} policy`,
    text: `${chain} drops by policy what comes to its end (hook ${match[1]})`,
    command,
    packets: null,
  };
}

function ruleOf(body: ByteString, handle: string, { chain, table, command }: Place): DropRule | null {
  const bare = body.replace(/"[^"]*"/g, '""');
  if (!/(?:^|[\s:])(?:drop|reject)(?=[\s,;}]|$)/.test(bare)) return null;
  const counter = /(?:^| )counter packets (\d+) bytes \d+(?= |$)/.exec(bare)?.[1];
  const name = /(?:^| )counter name "?([^"\s]+)"?(?= |$)/.exec(body)?.[1];
  const shown = body.replace(/counter packets \d+ bytes \d+/, 'counter').replace(/ {2,}/g, ' ');
  return {
    id: `${chain} handle ${handle}`,
    text: `rule in ${chain} handle ${handle} '${shown}'`,
    command,
    packets: counter === undefined ? null : Number(counter),
    // A verdict map may accept what its rule counts.
    ...(/(?:^| )vmap /.test(bare) ? { sometimes: true } : {}),
    ...(counter === undefined && name !== undefined ? { namedCounter: `${table} ${name}` } : {}),
  };
}
