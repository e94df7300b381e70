import { type DetailParts, dropPage, logPage, messagePage } from './detail-pages.js';
import { FilterEditor } from './filter-editor.js';
import { helpPage } from './help-page.js';
import { openIncidents } from './incident-strip.js';
import type { Command, Need } from './keys.js';
import { PANES } from './layout.js';
import { RunCommands, type RunParts } from './run-commands.js';
import type { ScreenModel } from './screen-model.js';
import type { ScreenState } from './screen-state.js';
import { TIME_FORMATS, timeText } from './time-words.js';
import { DROP_GROUPINGS } from './view.js';

export interface CommandParts extends DetailParts, RunParts {
  model: ScreenModel;
  actions: DetailParts['actions'] & RunParts['actions'];
  can: ReadonlySet<Need>;
  quit: () => void;
  suspend: () => void;
  redraw: () => void;
}

/** What keys do: one entry for every command of the table of keys. */
export function screenCommands(
  state: ScreenState,
  parts: CommandParts,
): Record<Command, (keyName: string) => void> {
  const { model, quit, suspend, redraw } = parts;
  const runs = new RunCommands(state, parts);
  return {
    quit,
    suspend,
    redraw,
    help: () => {
      state.page = helpPage(parts.can, () => model.health());
    },
    back: () => goBack(state),
    'next-pane': () => state.turnPane(1),
    'previous-pane': () => state.turnPane(-1),
    pane: (name) => {
      const pane = PANES[Number(name) - 1];
      if (pane === undefined) state.flash = `there are panes 1 to ${PANES.length}`;
      else state.focus = pane;
    },
    down: () => move(state, 1),
    up: () => move(state, -1),
    'page-down': () => movePage(state, 1),
    'page-up': () => movePage(state, -1),
    first: () => (state.page === null ? moveTo(state, 'first') : state.page.scroll(-Infinity)),
    last: () => (state.page === null ? moveTo(state, 'last') : state.page.scroll(Infinity)),
    detail: () => openDetail(state, parts),
    filter: () => openFilter(state),
    'keep-filter': () => {
      if (state.editor?.problem === null) state.editor = null;
    },
    'clear-filter': () => {
      state.editor?.clear();
      state.editor = null;
    },
    erase: () => state.editor?.erase(),
    'erase-all': () => state.editor?.clear(),
    'sort-right': () => sorted(state)?.turnSort(1),
    'sort-left': () => sorted(state)?.turnSort(-1),
    invert: () => {
      const list = sorted(state);
      if (list !== null) list.invert = !list.invert;
    },
    group: () => {
      state.by = next(DROP_GROUPINGS, state.by);
      state.flash = `drops by ${state.by === 'place' ? 'location, reason, interface and namespace' : state.by}`;
    },
    pause: () => model.pause(!model.paused),
    acknowledge: () => {
      const [first] = openIncidents(model.incidents());
      if (first === undefined) state.flash = 'no incident to acknowledge';
      else model.acknowledge(first.id);
    },
    full: () => {
      state.full = !state.full;
    },
    time: () => {
      state.time = next(TIME_FORMATS, state.time);
    },
    record: () => runs.run('record'),
    export: () => runs.run('export'),
    copy: () => runs.run('copy'),
    stacks: () => runs.run('stacks'),
    hidden: () => runs.run('hidden'),
    longer: () => runs.run('longer'),
    shorter: () => runs.run('shorter'),
  };
}

/** Out of what is innermost. */
function goBack(state: ScreenState): void {
  const list = sorted(state);
  if (state.page !== null) state.page = null;
  else if (state.full) state.full = false;
  else if (list !== null && list.filter !== null) list.filter = null;
}

function move({ page, list }: ScreenState, by: number): void {
  if (page !== null) page.scroll(by);
  else list?.move(by);
}

function movePage({ page, list }: ScreenState, pages: number): void {
  if (page !== null) page.scrollPages(pages);
  else list?.movePages(pages);
}

function moveTo({ list }: ScreenState, end: 'first' | 'last'): void {
  list?.moveTo(end);
}

function openDetail(state: ScreenState, parts: CommandParts): void {
  const { focus, log, drops, messages } = state;
  state.list?.pin();
  if (focus === 'log' && log.selected !== null) {
    const row = log.selected;
    state.page = logPage(() => log.rows.find(({ id }) => id === row.id) ?? row, parts);
  } else if (focus === 'drops' && drops.selected !== null) {
    const row = drops.selected;
    state.page = dropPage(() => drops.rows.find(({ id }) => id === row.id) ?? row, parts);
  } else if (focus === 'messages' && messages.selected !== null) {
    const row = messages.selected;
    state.page = messagePage(row, timeText(row.event.time, state.time, parts.host));
  }
}

function openFilter(state: ScreenState): void {
  const list = sorted(state);
  if (list === null) return;
  state.editor = new FilterEditor(list.filter?.text ?? '', (filter) => {
    list.filter = filter;
  });
}

/** The lists that can be sorted and filtered. */
function sorted({ focus, log, drops }: ScreenState) {
  return focus === 'log' ? log : focus === 'drops' ? drops : null;
}

function next<Value>(values: readonly Value[], value: Value): Value {
  return values[(values.indexOf(value) + 1) % values.length]!;
}
