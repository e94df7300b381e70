import type { ByteString } from '../decode/trace-record.js';
import {
  type CommandFinding,
  canRunEverything,
  FINDING_GROUPS,
  type Finding,
  type FindingVerdict,
  type HostReport,
} from '../model/host-report.js';
import { printable } from './escape.js';
import { Paint } from './paint.js';
import { wrap } from './wrap.js';

export interface HostReportLook {
  color: boolean;
  /** Width of the terminal; null for lines as long as they are. */
  columns: number | null;
}

/** The report for people: what was tried, what to do where it failed, and what each command makes of it. */
export function hostReportText(report: HostReport, look: HostReportLook): string {
  const page = new Page(look);
  page.heading(`kwho doctor: Linux ${report.kernel} on ${report.machine}`);
  for (const sentence of report.repaired) page.row('repaired', sentence);
  for (const group of FINDING_GROUPS) {
    const findings = report.findings.filter((finding) => finding.group === group);
    if (findings.length === 0) continue;
    page.heading(group);
    for (const finding of findings) page.finding(finding);
  }
  page.heading('commands');
  for (const command of report.commands) page.command(command);
  page.close(report);
  return page.text;
}

/** Columns of the verdict and of the name. */
const VERDICT = Paint.WIDTH;
const NAME = 26;

class Page {
  text = '';
  readonly #paint: Paint;
  readonly #columns: number | null;

  constructor({ color, columns }: HostReportLook) {
    this.#paint = new Paint(color);
    this.#columns = columns;
  }

  heading(words: ByteString): void {
    this.text += `${this.text === '' ? '' : '\n'}${this.#paint.strong(printable(words))}\n`;
  }

  row(word: string, sentence: ByteString): void {
    this.#line(this.#paint.plain(word), '', sentence);
  }

  finding({ name, verdict, text, remedy }: Finding): void {
    this.#line(this.#word(verdict), name, text);
    if (remedy !== null) this.#line(this.#paint.plain(''), 'remedy'.padStart(NAME), remedy);
  }

  command({ command, verdict, backends, blindSpots, why, remedy }: CommandFinding): void {
    const means = backends.length === 0 ? (why ?? 'nothing') : `with ${backends.join(' + ')}`;
    this.#line(this.#word(verdict), `kwho ${command}`, means);
    const under = (word: string, text: ByteString) =>
      this.#line(this.#paint.plain(''), word.padStart(NAME), text);
    if (backends.length > 0 && why !== null) under('note', why);
    for (const spot of blindSpots) under('unseen', spot);
    if (remedy !== null) under('remedy', remedy);
  }

  close(report: HostReport): void {
    const verdicts = report.findings.map(({ verdict }) => verdict);
    const count = (wanted: FindingVerdict) => verdicts.filter((verdict) => verdict === wanted).length;
    const lacking = report.commands.filter(({ verdict }) => verdict !== 'ok').map(({ command }) => command);
    const sentence = canRunEverything(report)
      ? 'every command can run here'
      : `cannot run here: ${lacking.join(', ')}`;
    this.heading(`${sentence}; ${count('ok')} ok, ${count('no')} no, ${count('unknown')} unknown`);
  }

  #word(verdict: FindingVerdict): string {
    if (verdict === 'ok') return this.#paint.plain(verdict);
    return verdict === 'no' ? this.#paint.loud(verdict) : this.#paint.warn(verdict);
  }

  #line(word: string, name: string, text: ByteString): void {
    const indent = VERDICT + 1 + NAME + 1;
    const width = this.#columns === null ? null : this.#columns - indent;
    const [first = '', ...rest] = wrap(printable(text), width);
    this.text += `${`${word} ${printable(name).padEnd(NAME)} ${first}`.trimEnd()}\n`;
    for (const line of rest) this.text += `${' '.repeat(indent)}${line}\n`;
  }
}
