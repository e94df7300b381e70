import { PANES, type PaneName } from './layout.js';
import type { Look } from './look.js';
import { cutLine, type Line, lineWidth, type Span, span } from './styled-line.js';

const NAMES: Record<PaneName, string> = {
  log: 'kernel log',
  drops: 'dropped packets',
  charts: 'charts',
  messages: 'kernel messages',
};

/** `══ 1 KERNEL LOG ═══════ 12 rows ══`: the one with the keys in capitals and with a double rule. */
export function paneTitle(
  pane: PaneName,
  focused: boolean,
  notes: readonly Span[],
  width: number,
  look: Look,
): Line {
  const name = `${PANES.indexOf(pane) + 1} ${focused ? NAMES[pane].toUpperCase() : NAMES[pane]}`;
  const rule = focused ? look.focusedRule : look.rule;
  const style = focused ? 'title' : 'faint';
  const left: Line = [span(rule.repeat(2), style), span(` ${name} `, focused ? 'title' : 'strong')];
  const right: Line =
    notes.length === 0
      ? []
      : [span(' ', style), ...cutLine(notes, Math.max(0, width - lineWidth(left) - 6), look.cut), span(' ')];
  const rest = width - lineWidth(left) - lineWidth(right) - 2;
  return [...left, span(rule.repeat(Math.max(0, rest)), style), ...right, span(rule.repeat(2), style)];
}
