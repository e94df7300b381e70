import { grouped } from '../grouped.js';
import type { Look } from './look.js';
import type { Incident } from './shown.js';
import { cutLine, type Line, span } from './styled-line.js';

/** What is not acknowledged yet: what is lost for good before what the kernel says, the newest first. */
export function openIncidents(incidents: readonly Incident[]): Incident[] {
  return incidents
    .filter(({ acknowledged }) => !acknowledged)
    .reverse()
    .sort((a, b) => Number(GRAVE.has(b.kind)) - Number(GRAVE.has(a.kind)));
}

/**
 * What must not scroll away unseen; those that do not fit are counted.
 * @param open as {@link openIncidents} has them
 * @param time a kernel time as the user wants times
 */
export function incidentLines(
  open: readonly Incident[],
  time: (seconds: number | null) => string,
  width: number,
  height: number,
  look: Look,
): Line[] {
  return open.slice(0, height).map((incident, i) => {
    const more = i === height - 1 && open.length > height ? `(+${open.length - height} more) ` : '';
    return cutLine(
      [
        span(`${time(incident.time)} `),
        span(` ${WORDS[incident.kind].padEnd(8)}`, GRAVE.has(incident.kind) ? 'loud' : 'warn'),
        span(more, 'warn'),
        span(incident.count > 1 ? look.show(`×${grouped(incident.count)} `) : ''),
        span(look.show(incident.text), 'strong'),
        span(incident.hint === null ? '' : look.show(` · ${incident.hint}`), 'faint'),
      ],
      width,
      look.cut,
    );
  });
}

const WORDS: Record<Incident['kind'], string> = {
  clear: 'CLEAR',
  steal: 'STEAL',
  storm: 'STORM',
  lost: 'LOST',
  kernel: 'KERNEL',
  warning: 'WARNING',
};

const GRAVE: ReadonlySet<Incident['kind']> = new Set(['clear', 'steal', 'storm', 'lost']);
