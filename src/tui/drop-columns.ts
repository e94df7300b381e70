import { grouped } from '../grouped.js';
import type { DropKey } from '../model/events.js';
import { flowText, keyWords, locationText } from '../output/drop-words.js';
import { printable } from '../output/escape.js';
import { shortNumber } from './short-number.js';
import type { DropRow } from './shown.js';
import { sparkline } from './sparkline.js';
import type { Style } from './styled-line.js';
import type { Column } from './table.js';
import { TIME_WIDTH } from './time-words.js';
import type { DropGrouping } from './view.js';

export interface DropWords {
  /** A kernel time as the user wants times. */
  time: (seconds: number) => string;
  /** Network namespace that is called host; null where it is not known. */
  host: number | null;
  ascii: boolean;
}

export function dropColumns(by: DropGrouping, { time, host, ascii }: DropWords): Column<DropRow>[] {
  return [
    { title: 'count', width: 9, align: 'right', rank: 0, sort: 'count', cell: countCell },
    { title: 'rate', width: 7, align: 'right', rank: 0, sort: 'rate', cell: rateCell },
    {
      title: 'recent',
      width: 10,
      rank: 4,
      cell: ({ recent }, width) => ({ text: recentText(recent, width, ascii) }),
    },
    { title: 'kind', width: 7, rank: 0, sort: 'kind', cell: ({ verdict }) => kindCell(verdict) },
    ...keyColumns(by, host),
    {
      title: 'last',
      width: TIME_WIDTH,
      align: 'right',
      rank: 5,
      sort: 'last',
      cell: (row) => ({ text: time(row.last) }),
    },
  ];
}

/** Colour never stands alone: the words differ too. */
export function kindCell(verdict: DropRow['verdict']): { text: string; style: Style } {
  return { text: verdict === 'suspect' ? 'SUSPECT' : verdict, style: verdict };
}

function keyColumns(by: DropGrouping, host: number | null): Column<DropRow>[] {
  const columns = allKeyColumns(host);
  return by === 'place' ? PLACE.map((name) => columns[name]) : [columns[by]];
}

const PLACE = ['location', 'reason', 'dev', 'netns'] as const;

type KeyColumn = Exclude<DropGrouping, 'place'>;

function allKeyColumns(host: number | null): Record<KeyColumn, Column<DropRow>> {
  const text =
    (of: (key: DropKey) => string) =>
    ({ key }: DropRow) => ({ text: of(key) });
  return {
    location: {
      title: 'location',
      width: 16,
      share: 5,
      rank: 0,
      sort: 'location',
      cell: text(({ location }) => (location === undefined ? '-' : locationText(location))),
    },
    reason: {
      title: 'reason',
      width: 12,
      share: 4,
      rank: 0,
      sort: 'reason',
      cell: text(({ reason }) => (reason == null ? '-' : printable(reason))),
    },
    dev: {
      title: 'interface',
      width: 9,
      share: 1,
      rank: 1,
      sort: 'dev',
      cell: text(({ dev }) => (dev == null ? '-' : printable(dev))),
    },
    netns: {
      title: 'namespace',
      width: 10,
      share: 2,
      rank: 2,
      sort: 'netns',
      cell: text(({ netns, netnsName }) =>
        netns === undefined ? '-' : (keyWords({ netns, netnsName: netnsName ?? null }, host)[0] ?? '-'),
      ),
    },
    flow: {
      title: 'flow',
      width: 24,
      share: 8,
      rank: 0,
      cell: text(({ flow, protocol }) => flowText(flow ?? null, protocol ?? null)),
    },
    comm: {
      title: 'running',
      width: 16,
      share: 4,
      rank: 0,
      cell: text(({ comm }) => (comm == null ? '?' : printable(comm))),
    },
  };
}

function countCell({ count }: DropRow) {
  return { text: count < 10_000_000 ? grouped(count) : shortNumber(count) };
}

function rateCell({ rate }: DropRow) {
  return { text: rate === 0 ? '0' : `${shortNumber(rate)}/s` };
}

function recentText(recent: readonly number[], width: number, ascii: boolean): string {
  return sparkline(recent.slice(-width), ascii).padStart(width);
}
