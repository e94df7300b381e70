import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIptablesSave } from '../../src/host/net-iptables.js';
import { parseNftRuleset } from '../../src/host/net-nft.js';
import { netFixture } from './net-fixture.js';

describe('nft -a -t list ruleset', () => {
  it('every rule that drops or rejects, and the policy', () => {
    const rules = parseNftRuleset(netFixture('nft.after'));
    expect(rules.map(({ text, packets, sometimes }) => [text, packets, sometimes ?? false])).toEqual([
      ['table inet filter chain input drops by policy what comes to its end (hook input)', null, false],
      [
        `rule in table inet filter chain input handle 9 'udp dport 5003 counter drop comment "no; drop } here"'`,
        4,
        false,
      ],
      ["rule in table inet filter chain input handle 11 'udp dport { 6001, 6002 } counter reject'", 2, false],
      ["rule in table inet filter chain input handle 12 'ip saddr @blocked drop'", null, false],
      [`rule in table inet filter chain input handle 13 'udp dport 5004 counter name "bad" drop'`, 3, false],
      [
        "rule in table inet filter chain input handle 15 'tcp dport vmap { 22 : accept, 23 : drop }'",
        null,
        true,
      ],
      ["rule in table inet filter chain side handle 18 'counter drop'", 0, false],
      ["rule in table ip filter chain INPUT handle 2 'udp dport 7001 counter drop'", 5, false],
      [
        "rule in table ip filter chain INPUT handle 3 'tcp dport 7002 counter reject with tcp reset'",
        0,
        false,
      ],
    ]);
  });

  it('a rule keeps its identity while it counts', () => {
    const [before, after] = ['nft.before', 'nft.after'].map((name) => parseNftRuleset(netFixture(name)));
    expect(before.map(({ id }) => id)).toEqual(after.map(({ id }) => id));
    expect(before.map(({ packets }) => packets ?? 0).every((packets) => packets === 0)).toBe(true);
    expect(new Set(after.map(({ id }) => id)).size).toBe(after.length);
  });

  it('says how to see the chain, for a shell', () => {
    const [rule] = parseNftRuleset(chain('inet a;b', 'drop # handle 3'));
    expect(rule.command).toBe("nft -a list chain inet 'a;b' c");
  });

  it.each([
    ['accept comment "drop"', false],
    ['log prefix "drop " accept', false],
    ['iifname "drop" accept', false],
    ['ip saddr @drop accept', false],
    ['jump drop_it', false],
    ['drop', true],
    ['ct state invalid drop', true],
    ['reject with icmpx admin-prohibited', true],
    ['ct state vmap { invalid : drop, established : accept }', true],
    ['limit rate 1/second drop comment "x"', true],
  ])('%s', (body, drops) => {
    expect(parseNftRuleset(chain('ip t', `${body} # handle 3`)).length).toBe(drops ? 1 : 0);
  });

  it('a rule on several lines', () => {
    const rules = parseNftRuleset(
      chain('ip t', 'ip saddr { 1.1.1.1,\n\t\t\t 2.2.2.2 } counter packets 7 bytes 1 drop # handle 3'),
    );
    expect(rules).toMatchObject([{ packets: 7 }]);
    expect(rules[0].text).toContain("'ip saddr { 1.1.1.1, 2.2.2.2 } counter drop'");
  });

  it('is total', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...netFixture('nft.after').split('\n')),
      fc.constantFrom(
        '\t\tdrop # handle 1',
        '\t\ttype filter hook input priority 0; policy drop;',
        '}',
        '\t}',
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const text = lines.join('\n');
        expect(parseNftRuleset(text).length).toBeLessThanOrEqual(text.split('\n').length);
        expect(parseIptablesSave(text, 'iptables', 'x').length).toBeLessThanOrEqual(text.split('\n').length);
      }),
    );
  });
});

describe('iptables-legacy-save -c', () => {
  it('rules and policies that drop', () => {
    const rules = parseIptablesSave(
      netFixture('iptables-legacy.after'),
      'iptables',
      'iptables-legacy-save -c',
    );
    expect(rules.map(({ text, packets }) => [text, packets])).toEqual([
      ['policy DROP of iptables table filter chain FORWARD', 0],
      [
        `rule in iptables table filter '-A INPUT -p udp -m udp --dport 7001 -m comment --comment "say \\"drop\\"" -j DROP'`,
        5,
      ],
    ]);
    expect(
      parseIptablesSave(netFixture('iptables-legacy.before'), 'iptables', '').map(({ id }) => id),
    ).toEqual(rules.map(({ id }) => id));
  });

  it('two rules that say the same are two', () => {
    const rules = parseIptablesSave(
      '*filter\n[1:1] -A INPUT -j DROP\n[2:1] -A INPUT -j DROP\n',
      'iptables',
      '',
    );
    expect(new Set(rules.map(({ id }) => id)).size).toBe(2);
  });

  it.each([
    ['[1:1] -A INPUT -j ACCEPT', 0],
    ['[1:1] -A INPUT -m comment --comment " -j DROP" -j ACCEPT', 0],
    ['[1:1] -A INPUT -j DROPPING', 0],
    ['[1:1] -A INPUT -j REJECT --reject-with tcp-reset', 1],
    [':INPUT ACCEPT [5:5]', 0],
    ['# -j DROP', 0],
  ])('%s', (line, count) => {
    expect(parseIptablesSave(`*filter\n${line}\n`, 'iptables', '')).toHaveLength(count);
  });
});

function chain(table: string, body: string): string {
  return `table ${table} { # handle 1\n\tchain c { # handle 2\n\t\t${body}\n\t}\n}\n`;
}
