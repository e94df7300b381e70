import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseRun } from './run-case.js';
import type { Witness } from './witness.js';

/**
 * Keeps what the witness saw, word for word, for tests that run where there is no such kernel: `cases.txt` with a
 * `## name` before each case's lines, how the probe was made, both formats, and the names of the places in the text.
 */
export function writeFixtures(
  folder: string,
  witness: Witness,
  lines: readonly string[],
  runs: readonly CaseRun[],
) {
  mkdirSync(folder, { recursive: true });
  const kept = runs.map((run) => [`## ${run.dropCase.name}`, ...sample(ofCase(run, lines))]);
  writeFileSync(join(folder, 'cases.txt'), `${kept.flat().join('\n')}\n`, 'latin1');
  writeFileSync(join(folder, 'probe.txt'), `${witness.definition}\n`);
  const { kfreeSkb, drop } = witness.formats();
  writeFileSync(join(folder, 'kfree_skb.format'), kfreeSkb);
  writeFileSync(join(folder, 'drop.format'), drop);
  writeFileSync(join(folder, 'kallsyms.txt'), symbolsIn(kept.flat()));
}

function ofCase({ begin, end }: CaseRun, lines: readonly string[]): string[] {
  return lines.filter((line) => {
    const time = Number(/\s(\d+\.\d{6}): /.exec(line)?.[1]);
    return time >= begin && time <= end;
  });
}

/** The first drop of each kind: both events' lines, which follow one another on a CPU. */
function sample(lines: readonly string[]): string[] {
  const kinds = new Set<string>();
  const kept: string[] = [];
  for (const [i, line] of lines.entries()) {
    const kind = /: drop: .* loc=(\S+?)\+0x.*? (?:reason=(\S+))?.* dev=(\S+)/.exec(line)?.slice(1).join(' ');
    if (kind === undefined || kinds.has(kind)) continue;
    kinds.add(kind);
    const other = [lines[i - 1], lines[i + 1]].find(
      (near) => near?.includes(': kfree_skb: ') && sameSkb(near, line),
    );
    kept.push(...(other === undefined ? [line] : lines.indexOf(other) < i ? [other, line] : [line, other]));
  }
  return kept;
}

/** On 6.1 the text hides the address: the neighbour is taken on trust. */
function sameSkb(event: string, probe: string): boolean {
  const address = /skbaddr=(?:0x)?([0-9a-f]+)/.exec(event)?.[1] ?? '';
  return address.startsWith('00000000') || probe.includes(`skb=0x${address} `);
}

function symbolsIn(lines: readonly string[]): string {
  const named = new Set(
    lines.flatMap((line) =>
      [...line.matchAll(/ (?:loc|location)=([a-zA-Z_][\w.]*)\+/g)].map(([, name]) => name),
    ),
  );
  const symbols = readFileSync('/proc/kallsyms', 'latin1').split('\n');
  return `${symbols.filter((line) => named.has(line.split(/[ \t]/)[2])).join('\n')}\n`;
}
