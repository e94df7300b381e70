import type { FilterEditor } from './filter-editor.js';
import type { KeyPlace, Need } from './keys.js';
import { PANES, type PaneName } from './layout.js';
import { ListPane } from './list-pane.js';
import type { MessageRow } from './messages-pane.js';
import type { Page } from './page.js';
import type { DropRow, LogRow, ScreenActions } from './shown.js';
import type { TimeFormat } from './time-words.js';
import { DROP_SORTS, type DropGrouping, type DropSort, LOG_SORTS, type LogSort } from './view.js';

/** What the user has chosen: everything that keys change. */
export class ScreenState {
  focus: PaneName = 'log';
  full = false;
  time: TimeFormat = 'clock';
  by: DropGrouping = 'place';
  page: Page | null = null;
  editor: FilterEditor | null = null;
  /** Something that was done or could not be, until the next key. */
  flash: string | null = null;
  stacks = false;
  /** Milliseconds over which drops are counted. */
  interval: number;
  /** The terminal is smaller than anything fits on. */
  small = false;
  readonly log = new ListPane<LogRow, LogSort>(LOG_SORTS, 'time', 'time');
  readonly drops = new ListPane<DropRow, DropSort>(DROP_SORTS, 'count', null);
  readonly messages = new ListPane<MessageRow, 'time'>(['time'], 'time', 'time');

  constructor(interval: number) {
    this.interval = interval;
  }

  /** Where the next key is pressed. */
  get place(): KeyPlace {
    if (this.small) return 'small';
    if (this.editor !== null) return 'filter';
    return this.page?.place ?? this.focus;
  }

  /** The list with the keys; null on the charts. */
  get list() {
    return this.focus === 'charts' ? null : this[this.focus];
  }

  turnPane(by: 1 | -1): void {
    this.focus = PANES[(PANES.indexOf(this.focus) + by + PANES.length) % PANES.length]!;
  }
}

/** What the run behind the screen can do. */
export function abilities({ record, stacks, interval, recover }: ScreenActions): Set<Need> {
  const can = { record, stacks, interval, recover };
  return new Set((Object.keys(can) as Need[]).filter((need) => can[need] !== null));
}
