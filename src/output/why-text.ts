import type { CanaryHop } from '../model/why/canary-hop.js';
import type { Finding } from '../model/why/finding.js';
import type { Hop } from '../model/why/trace.js';
import type { Verdict } from '../model/why/verdict.js';
import { printable } from './escape.js';
import { Paint } from './paint.js';
import { wrap } from './wrap.js';

/**
 * A verdict for people: what is missing and why, likeliest first, then what only explains, then what is not known.
 * @param canary the way of a marker; null where none was sent
 */
export function whyText(
  verdict: Verdict,
  canary: readonly CanaryHop[] | null,
  { color, columns }: { color: boolean; columns: number | null },
): string {
  const paint = new Paint(color);
  const lines = [paint.strong(headline(verdict)), ...verdict.inOrder.map((text) => `  ${printable(text)}`)];
  if (verdict.hops.length > 0) lines.push('', ...hopLines(verdict.hops, paint));
  if (canary !== null) lines.push('', ...canary.map((hop) => canaryLine(hop, paint)));
  for (const [i, finding] of verdict.findings.entries())
    lines.push('', ...findingLines(i + 1, finding, paint, columns));
  if (verdict.notChecked.length > 0)
    lines.push('', 'not checked', ...verdict.notChecked.map((text) => `  ${printable(text)}`));
  return `${lines.join('\n')}\n`;
}

function headline({ missing, findings }: Verdict): string {
  const count = (severity: Finding['severity']) =>
    findings.filter((finding) => finding.severity === severity).length;
  const rest = [...words(count('risk'), 'risk'), ...words(count('note'), 'thing to know', 'things to know')];
  if (!missing) return `nothing is missing${rest.length === 0 ? '' : `; ${rest.join(', ')}`}`;
  const causes = words(count('missing'), 'reason', 'reasons');
  return `messages are missing: ${[...causes, ...rest].join(', ')}`;
}

function words(count: number, one: string, many = `${one}s`): string[] {
  return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
}

function hopLines(hops: readonly Hop[], paint: Paint): string[] {
  return hops.map(({ hop, state, detail }) => {
    const word = state === 'present' ? paint.plain(state) : paint.warn(state);
    return `  ${word} ${paint.strong(printable(hop))}  ${printable(detail)}`;
  });
}

function canaryLine({ hop, state, delay, detail }: CanaryHop, paint: Paint): string {
  const word = state === 'lost' ? paint.loud('LOST') : paint.plain(state);
  const time = delay === null ? '' : `${delay < 10 ? delay.toFixed(1) : Math.round(delay)} ms`;
  return `  ${word} ${time.padStart(9)}  ${paint.strong(printable(hop))}  ${printable(detail)}`;
}

function findingLines(number: number, finding: Finding, paint: Paint, columns: number | null): string[] {
  const { severity, certainty, cause } = finding;
  const word = severity === 'missing' ? paint.loud(severity) : paint.plain(severity);
  const indent = ' '.repeat(String(number).length + 2 + Paint.WIDTH);
  const width = columns === null ? null : columns - indent.length - 1;
  const [first = '', ...rest] = wrap(printable(finding.finding), width);
  const more = (label: string, texts: readonly string[]) =>
    texts.map(
      (text, i) => `${indent} ${paint.faint((i === 0 ? label : '').padEnd(LABEL))} ${printable(text)}`,
    );
  return [
    `${number}. ${word}${paint.strong(first)}`,
    ...rest.map((text) => `${indent} ${paint.strong(text)}`),
    ...more('evidence', finding.evidence),
    ...more('remedy', finding.remedy),
    `${indent} ${paint.faint('cause'.padEnd(LABEL))} ${cause} (${certainty})`,
  ];
}

const LABEL = 'evidence'.length;
