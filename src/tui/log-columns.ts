import { grouped } from '../grouped.js';
import { printable } from '../output/escape.js';
import { whoWords } from '../output/log-words.js';
import { effectCell } from './effect-cell.js';
import type { LogRow } from './shown.js';
import type { Column } from './table.js';
import { TIME_WIDTH } from './time-words.js';

/** @param time a kernel time as the user wants times */
export function logColumns(time: (seconds: number) => string): Column<LogRow>[] {
  return [
    {
      title: 'time',
      width: TIME_WIDTH,
      align: 'right',
      rank: 0,
      sort: 'time',
      cell: (row) => ({ text: time(row.time) }),
    },
    { title: 'effect', width: 10, rank: 0, sort: 'effect', cell: effectCell },
    { title: 'count', width: 7, align: 'right', rank: 0, sort: 'count', cell: countCell },
    { title: 'process', width: 17, share: 3, rank: 0, sort: 'who', cell: whoCell },
    { title: 'door', width: 10, rank: 1, sort: 'door', cell: ({ event }) => ({ text: event.door }) },
    { title: 'action', width: 12, share: 2, rank: 2, sort: 'action', cell: actionCell },
    { title: 'unit or container', width: 18, share: 3, rank: 3, cell: placeCell },
    { title: 'last', width: TIME_WIDTH, align: 'right', rank: 4, cell: (row) => ({ text: time(row.last) }) },
  ];
}

function countCell({ count }: LogRow) {
  return { text: count === 1 ? '' : `×${grouped(count)}` };
}

function whoCell({ event, loud }: LogRow) {
  return { text: whoWords(event), style: loud ? 'strong' : 'plain' } as const;
}

function actionCell({ event: { action, errno } }: LogRow) {
  return { text: `${action ?? '?'}${errno === null ? '' : ` = ${errno}`}` };
}

function placeCell({ event: { process } }: LogRow) {
  if (process === null) return { text: 'process not known', style: 'faint' } as const;
  const { container, unit } = process;
  return { text: container !== null ? printable(container) : unit !== null ? printable(unit) : '-' };
}
