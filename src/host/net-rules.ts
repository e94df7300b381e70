import type { ByteString } from '../decode/trace-record.js';
import type { CommandResult } from './command.js';
import type { DropRule } from './net-drop-rule.js';
import { parseIptablesSave } from './net-iptables.js';
import { isPresent } from './net-module.js';
import { parseNftRuleset } from './net-nft.js';
import type { NetWorld } from './net-world.js';
import type { NetworkNamespace } from './netns.js';
import { readInside, runInside } from './netns-reach.js';

/** The rules of a namespace that drop. */
export interface RuleList {
  /** Milliseconds on the world's clock, when the answers were there. */
  at: number;
  rules: DropRule[];
  /** Whose rules are missing, and why. */
  silent: string[];
}

/** Asks nft, and iptables for what is not nft's already. Asks about nothing that the kernel would load only for us. */
export async function readRules(world: NetWorld, netns: NetworkNamespace): Promise<RuleList> {
  const list: RuleList = { at: 0, rules: [], silent: [] };
  if (isPresent(world, 'nf_tables')) add(list, 'nft', await readNft(world, netns), parseNftRuleset);
  // Empty or absent where nothing uses the tables that iptables had before nft.
  const legacy = await readInside(world, netns, ['net/ip_tables_names', 'net/ip6_tables_names']);
  for (const [i, tool] of (['iptables', 'ip6tables'] as const).entries()) {
    if (!legacy[i]) continue;
    const { result, program } = await readLegacy(world, netns, tool);
    add(list, tool, result, (text) => parseIptablesSave(text, tool, `${program} -c`));
  }
  list.at = world.now();
  return list;
}

/** Why a program has told nothing, for behind its name: `is not installed`. */
export function whySilent(result: CommandResult): ByteString {
  switch (result.outcome) {
    case 'missing':
      return 'is not installed';
    case 'timeout':
      return 'did not answer in time';
    case 'failed':
      return `failed: ${result.why}`;
    case 'done':
      return `says '${result.stderr.trim().split('\n')[0]?.slice(0, 200) ?? ''}'`;
  }
}

async function readNft(world: NetWorld, netns: NetworkNamespace): Promise<CommandResult> {
  const terse = await runInside(world, netns, 'nft', ['-a', '-t', 'list', 'ruleset']);
  // Before 0.9.3 the elements of sets could not be left out.
  const refused = terse.outcome === 'done' && terse.status !== 0 && terse.stderr.includes('option');
  return refused ? runInside(world, netns, 'nft', ['-a', 'list', 'ruleset']) : terse;
}

async function readLegacy(
  world: NetWorld,
  netns: NetworkNamespace,
  tool: string,
): Promise<{ result: CommandResult; program: string }> {
  const program = `${tool}-legacy-save`;
  const result = await runInside(world, netns, program, ['-c']);
  if (result.outcome !== 'missing') return { result, program };
  return { result: await runInside(world, netns, `${tool}-save`, ['-c']), program: `${tool}-save` };
}

function add(
  list: RuleList,
  tool: string,
  result: CommandResult,
  parse: (text: ByteString) => DropRule[],
): void {
  if (result.outcome === 'done' && result.status === 0) list.rules.push(...parse(result.stdout));
  else list.silent.push(`${tool} ${whySilent(result)}`);
}
