import type { ByteString } from '../decode/trace-record.js';
import type { CheckSite } from './net-check.js';
import type { DropRule } from './net-drop-rule.js';
import type { RuleList } from './net-rules.js';
import { counted, duration } from './net-words.js';
import type { Evidence } from './net-world.js';
import { enteringCommand } from './netns-reach.js';

/**
 * Which rules counted packets in between, and which drop without counting.
 * @param before null where nobody looked in time: then a number is all that the rule has counted since it was made
 */
export function ruleEvidence(site: CheckSite, before: RuleList | null, after: RuleList): Evidence[] {
  const enter = enteringCommand(site.world, site.netns);
  const line = (text: ByteString, moved: boolean, command = 'nft -a list ruleset'): Evidence => {
    return { kind: 'rules', text, moved, command: enter + command };
  };
  // Of a list with gaps, a rule that is not in it may have stood there all the time.
  const whole = before !== null && before.silent.length === 0 ? before : null;
  const earlier = whole === null ? null : new Map(whole.rules.map((rule) => [rule.id, rule.packets]));
  const counting = after.rules
    .map((rule) => ({ rule, rise: riseOf(rule, earlier) }))
    .filter(({ rise }) => rise > 0)
    .sort((a, b) => b.rise - a.rise);
  const uncounted = after.rules.filter(({ packets }) => packets === null);
  const since = whole === null ? 'since it was made' : `in ${duration(after.at - whole.at)}`;
  const lines = [
    ...counting.slice(0, MOST).map(({ rule, rise }) => {
      const some = rule.sometimes === true ? ', some of which it may have let pass' : '';
      const text = `${rule.text} counted ${earlier === null ? '' : '+'}${counted(rise, 'packet')} ${since}${some}`;
      return line(text, earlier !== null, rule.command);
    }),
    ...uncounted
      .slice(0, MOST)
      .map(({ text, command }) => line(`${text}, and does not count it`, false, command)),
  ];
  const more = counting.length + uncounted.length - lines.length;
  if (more > 0) lines.push(line(`${counted(more, 'rule')} more that drop`, false));
  for (const why of after.silent) lines.push(line(`could not look at the rules: ${why}`, false));
  if (lines.length > 0) return lines;
  const all = after.rules.length;
  if (all === 0) return [line('no nft or iptables rule drops or rejects here', false)];
  return [line(`${counted(all, 'dropping rule')} here, and none counted a packet ${since}`, false)];
}

/** Lines of each sort. */
const MOST = 5;

/** A rule that is new since then began at zero, or at what it was given. */
function riseOf({ id, packets }: DropRule, earlier: ReadonlyMap<string, number | null> | null): number {
  return (packets ?? 0) - (earlier?.get(id) ?? 0);
}
