import type { ByteString } from '../trace-record.js';
import { type Forward, parseForwardAction, parseForwardWord } from './forward.js';
import { parseSelector } from './selector.js';

/** What of rsyslog's configuration decides where a kernel message goes. */
export interface RsyslogConfig {
  /** Modules it loads to read the kernel log; imjournal has it from journald. */
  inputs: ('imklog' | 'imkmsg' | 'imjournal')[];
  /** imklog drops what programs wrote to /dev/kmsg unless told otherwise. */
  permitsNonKernel: boolean;
  rules: RsyslogRule[];
  /** Conditions in RainerScript, which only rsyslog can decide. */
  conditions: number;
}

/** A line that sends what a selector chooses somewhere. */
export interface RsyslogRule {
  /** A bit for each level that passes, by facility; null where only rsyslog can decide. */
  passes: ((facility: number) => number) | null;
  /** As it stands. */
  selector: ByteString;
  target: RsyslogTarget;
  source: ByteString;
}

export type RsyslogTarget =
  | { kind: 'file'; path: ByteString }
  | { kind: 'forward'; forward: Forward }
  /** Ends the way of what the rule before chose, or of what its own selector chooses. */
  | { kind: 'stop' }
  | { kind: 'other'; what: ByteString };

export type RsyslogStatement = { kind: 'include'; pattern: ByteString } | { kind: 'line'; line: ByteString };

/**
 * Takes a configuration file apart (rsyslog.conf(5)): continued lines joined, comments gone, statements of several
 * lines in one. Total.
 */
export function splitRsyslog(text: ByteString): RsyslogStatement[] {
  const lines: ByteString[] = [];
  let open = 0;
  for (const raw of text.replace(/\\\r?\n/g, ' ').split('\n')) {
    const line = raw.replace(/^\s*#.*|\s#.*$/, '').trim();
    if (line === '') continue;
    if (open > 0 && lines.length > 0) lines[lines.length - 1] += ` ${line}`;
    else lines.push(line);
    open = Math.max(0, open + count(line, '(') - count(line, ')'));
  }
  return lines.map((line): RsyslogStatement => {
    const include =
      /^\$IncludeConfig\s+(\S+)/i.exec(line)?.[1] ?? /^include\s*\(.*?file\s*=\s*"([^"]*)"/i.exec(line)?.[1];
    return include === undefined ? { kind: 'line', line } : { kind: 'include', pattern: include };
  });
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** @param lines statements with their includes put in place, each with the file it stands in */
export function readRsyslog(lines: readonly { line: ByteString; source: ByteString }[]): RsyslogConfig {
  const config: RsyslogConfig = { inputs: [], permitsNonKernel: false, rules: [], conditions: 0 };
  for (const { line, source } of lines) {
    const module =
      /^\$ModLoad\s+"?(?:.*\/)?(im\w+)/i.exec(line)?.[1] ??
      /^module\s*\(.*?load\s*=\s*"(?:[^"]*\/)?(im\w+)/i.exec(line)?.[1];
    if (module === 'imklog' || module === 'imkmsg' || module === 'imjournal') config.inputs.push(module);
    if (/permitnonkernelfacility\s*(?:=\s*"?|\s)on/i.test(line)) config.permitsNonKernel = true;
    if (module !== undefined || line.startsWith('$')) continue;
    if (/^(?:if|ruleset|call|foreach)\b/i.test(line)) config.conditions++;
    const rule = readRule(line, source, config.rules.at(-1));
    if (rule !== null) config.rules.push(rule);
  }
  return config;
}

function readRule(line: ByteString, source: ByteString, before: RsyslogRule | undefined): RsyslogRule | null {
  if (/^(?:action|&\s*action)\s*\(/i.test(line)) {
    const target = readTarget(line.replace(/^&\s*/, ''));
    const same = line.startsWith('&') ? before : undefined;
    return target === null
      ? null
      : { passes: same?.passes ?? (() => 0xff), selector: same?.selector ?? '*.*', target, source };
  }
  const [, selector, action] = /^(\S+)\s+(.+)$/.exec(line) ?? [];
  if (selector === undefined || action === undefined) return null;
  const target = readTarget(action);
  if (target === null) return null;
  if (selector === '&')
    return { passes: before?.passes ?? null, selector: before?.selector ?? '&', target, source };
  const passes = parseSelector(selector);
  // `:msg, contains, "x" /file` and `if … then /file` choose by what only rsyslog knows.
  if (passes === null && !/^:|^if$/i.test(selector)) return null;
  return { passes, selector, target: passes === null ? lastWord(action) : target, source };
}

function readTarget(action: string): RsyslogTarget | null {
  const call = /^action\s*\((.*)/i.exec(action)?.[1];
  if (call !== undefined) {
    const type = /type\s*=\s*"(\w+)"/i.exec(call)?.[1];
    const file = /\bfile\s*=\s*"([^"]*)"/i.exec(call)?.[1];
    const forward = type === 'omfwd' ? parseForwardAction(call) : null;
    if (type === 'omfile' && file !== undefined) return { kind: 'file', path: file };
    if (forward !== null) return { kind: 'forward', forward };
    return { kind: 'other', what: type ?? 'action' };
  }
  const word = action.split(/[\s;]/)[0] ?? '';
  if (/^-?\//.test(word)) return { kind: 'file', path: word.replace(/^-/, '') };
  const forward = parseForwardWord(word);
  if (forward !== null) return { kind: 'forward', forward };
  if (word === 'stop' || word === '~') return { kind: 'stop' };
  return /^[:|?^*]|^\w+(,\w+)*$/.test(word) ? { kind: 'other', what: word } : null;
}

/** The file that a condition's line ends with, where it ends with one. */
function lastWord(action: string): RsyslogTarget {
  const word = action.split(/\s+/).at(-1) ?? '';
  return readTarget(word) ?? { kind: 'other', what: word };
}

/** Where a message goes. `unsure` where a condition that only rsyslog can decide comes before. */
export function rsyslogTargets(
  config: RsyslogConfig,
  facility: number,
  level: number,
): { targets: RsyslogTarget[]; unsure: boolean } {
  const targets: RsyslogTarget[] = [];
  let unsure = config.conditions > 0;
  for (const { passes, target } of config.rules) {
    if (passes === null) unsure = true;
    else if ((passes(facility) >> level) & 1) {
      if (target.kind === 'stop') return { targets, unsure };
      targets.push(target);
    }
  }
  return { targets, unsure };
}

/** imklog alone drops what is not the kernel's own facility, unless told otherwise. */
export function passesMarkers({ inputs, permitsNonKernel }: RsyslogConfig): boolean {
  return permitsNonKernel || inputs.some((input) => input !== 'imklog');
}
