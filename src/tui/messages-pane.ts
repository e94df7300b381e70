import type { KernelMessageEvent } from '../model/events.js';
import { printable } from '../output/escape.js';
import type { Style } from './styled-line.js';
import type { Column } from './table.js';
import { TIME_WIDTH } from './time-words.js';

export interface MessageRow {
  /** The record's number in the kernel's log. */
  id: number;
  event: KernelMessageEvent;
}

export function messageRows(messages: readonly KernelMessageEvent[]): MessageRow[] {
  return messages.map((event) => ({ id: event.seq ?? 0, event }));
}

/** @param time a kernel time as the user wants times */
export function messageColumns(time: (seconds: number | null) => string): Column<MessageRow>[] {
  return [
    {
      title: 'time',
      width: TIME_WIDTH,
      align: 'right',
      rank: 0,
      cell: ({ event }) => ({ text: time(event.time) }),
    },
    { title: 'level', width: 7, rank: 1, cell: ({ event }) => levelCell(event.level) },
    { title: 'text', width: 30, share: 1, rank: 0, cell: ({ event }) => ({ text: printable(event.text) }) },
  ];
}

function levelCell(level: number | null): { text: string; style: Style } {
  if (level === null) return { text: '', style: 'plain' };
  return {
    text: LEVELS[level] ?? String(level),
    style: level <= 3 ? 'loud' : level === 4 ? 'warn' : 'plain',
  };
}

/** syslog(3) */
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
