import { grouped } from '../grouped.js';
import { printable } from '../output/escape.js';
import type { Look } from './look.js';
import { shortNumber } from './short-number.js';
import type { Health, ScreenHost } from './shown.js';
import { cutLine, type Line, lineWidth, type Span, span, spread } from './styled-line.js';
import { textWidth } from './text-cells.js';

export interface HeaderView {
  host: Pick<ScreenHost, 'name' | 'kernel' | 'replay'>;
  health: Health;
  /** In words, when the kernel's ring overwrites what it holds; null: not soon. */
  ring: string | null;
  cost: { cpu: number; memory: number };
  /** The file of a recording under way. */
  recording: string | null;
  /** Events since the view was frozen; null while it is not. */
  missed: number | null;
}

/** Which host this is, what was seen and lost, and what nobody can see. Most important first: lines are cut. */
export function headerLines(view: HeaderView, width: number, height: number, look: Look): Line[] {
  const cost = ownCost(view);
  // What the screen is doing must not be missed: what it is of gives way.
  const doing = state(view, width, look);
  const of = cutLine(identity(view, look), width - lineWidth(doing) - 1, look.cut);
  const first = spread(of, doing, width, look.cut);
  if (height < 3) return [first, spread(account(view, look), cost, width, look.cut)];
  const left = cutLine(means(view, look), width - lineWidth(cost) - 1, look.cut);
  return [first, cutLine(account(view, look), width, look.cut), spread(left, cost, width, look.cut)];
}

function identity({ host }: HeaderView, look: Look): Line {
  const { name, kernel, replay } = host;
  const what =
    replay === null ? span('LIVE', 'good') : span(look.show(`REPLAY of ${printable(replay)}`), 'warn');
  return [
    span(' kwho ', 'title'),
    span(look.show(` ${printable(name)} `), 'strong'),
    span(look.show(` Linux ${printable(kernel)}  `)),
    what,
  ];
}

function state({ health, recording, missed }: HeaderView, width: number, look: Look): Line {
  const file = recording === null ? '' : `${look.show(printable(recording))} `;
  return [
    ...(health.ended ? [span(' ENDED ', 'warn')] : []),
    ...(recording === null
      ? []
      : [span(` REC ${textWidth(file) > width * MOST_OF_FILE ? '' : file}`, 'loud')]),
    ...(missed === null ? [] : [span(` PAUSED +${grouped(missed)} `, 'warn')]),
  ];
}

/** Of the width: the name of the file was told when the recording began. */
const MOST_OF_FILE = 0.5;

function account({ health, ring }: HeaderView, look: Look): Line {
  const { accesses, counted, detailed, hidden } = health;
  const spans: Span[] = [
    ...(hidden === null || hidden === 0
      ? []
      : [span(`${grouped(hidden)} records HIDDEN by a clear`, 'loud')]),
    span(`log ${grouped(accesses)} accesses`),
    span(
      `drops ${grouped(counted)}${detailed === 0 || detailed >= counted ? '' : `, ${grouped(detailed)} one by one`}`,
    ),
    lossSpan(health),
    ...(ring === null ? [] : [span(`ring ${ring}`, ring.includes(' in about ') ? 'warn' : 'faint')]),
  ];
  return [span(' '), ...spans.flatMap((part, i) => (i === 0 ? [part] : [separator(look), part]))];
}

function lossSpan({ lost }: Health): Span {
  if (lost === null) return span('LOST, nobody counted how many', 'loud');
  return lost === 0 ? span('nothing lost', 'good') : span(`LOST ${grouped(lost)}`, 'loud');
}

/** What kwho itself costs the host. */
function ownCost({ cost: { cpu, memory } }: HeaderView): Line {
  return [span(`own CPU ${(cpu * 100).toFixed(1)}%, ${shortNumber(memory)}B `, 'faint')];
}

function means({ health: { backends, blindSpots } }: HeaderView, look: Look): Line {
  const blind: Span[] =
    blindSpots.length === 0
      ? []
      : [separator(look), span(`not seen: ${look.show(blindSpots.map(printable).join('; '))}`, 'warn')];
  return [
    span(' '),
    span(
      `by ${backends.length === 0 ? 'nothing yet' : look.show(backends.map(printable).join(', '))}`,
      'faint',
    ),
    ...blind,
  ];
}

function separator(look: Look): Span {
  return span(look.show(' · '), 'faint');
}
