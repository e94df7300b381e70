import { printable } from '../output/escape.js';
import { clipboardSequence } from './clipboard.js';
import { hiddenPage } from './detail-pages.js';
import { dropRowsNdjson, dropRowsText, logRowsNdjson, logRowsText } from './export.js';
import type { Command } from './keys.js';
import type { ScreenState } from './screen-state.js';
import type { ScreenActions, ScreenHost } from './shown.js';

export interface RunParts {
  actions: ScreenActions;
  host: ScreenHost;
  /** Sends a control sequence that draws nothing. */
  send: (sequence: string) => void;
}

type RunCommand = Extract<Command, 'record' | 'export' | 'copy' | 'stacks' | 'hidden' | 'longer' | 'shorter'>;

/** The keys that ask something of the run behind the screen. What fails is told, and the screen goes on. */
export class RunCommands {
  readonly #state: ScreenState;
  readonly #parts: RunParts;

  constructor(state: ScreenState, parts: RunParts) {
    this.#state = state;
    this.#parts = parts;
  }

  run(command: RunCommand): void {
    try {
      this.#state.flash = this.#done(command);
    } catch (error) {
      this.#state.flash = `could not ${WORDS[command]}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #done(command: RunCommand): string | null {
    if (command === 'record') return this.#record();
    if (command === 'export') return this.#export();
    if (command === 'copy') return this.#copy();
    if (command === 'stacks') return this.#stacks();
    if (command === 'hidden') return this.#hidden();
    return this.#interval(command === 'longer' ? 1 : -1);
  }

  #record(): string {
    const { actions, host } = this.#parts;
    const before = host.recording();
    actions.record?.(before === null);
    const file = host.recording();
    if (file !== null) return `recording to ${printable(file)}`;
    return before === null ? 'no recording was begun' : `${printable(before)} is complete`;
  }

  #export(): string {
    const { actions, host } = this.#parts;
    const { log, drops, focus } = this.#state;
    const [ndjson, text] =
      focus === 'log'
        ? [logRowsNdjson(log.rows), logRowsText(log.rows, host.wall)]
        : [dropRowsNdjson(drops.rows, host.clock()), dropRowsText(drops.rows, host.wall, host.netns)];
    const name = `kwho-${focus}-${stamp(host.wall(host.clock()))}`;
    const files = [actions.save(`${name}.ndjson`, ndjson), actions.save(`${name}.txt`, text)];
    return `wrote ${files.map(printable).join(' and ')}`;
  }

  #copy(): string {
    const text = this.#copied();
    if (text === null || text === '') return 'nothing to copy';
    const { sequence, whole } = clipboardSequence(text);
    this.#parts.send(sequence);
    return whole
      ? "sent to the terminal's clipboard"
      : "the first 8 KiB were sent to the terminal's clipboard";
  }

  #copied(): string | null {
    const { page, focus, log, drops, messages } = this.#state;
    const { host } = this.#parts;
    if (page !== null) return page.text;
    if (focus === 'log') return log.selected && logRowsText([log.selected], host.wall).trimEnd();
    if (focus === 'drops')
      return drops.selected && dropRowsText([drops.selected], host.wall, host.netns).trimEnd();
    return messages.selected && printable(messages.selected.event.text);
  }

  #stacks(): string {
    const on = !this.#state.stacks;
    this.#parts.actions.stacks?.(on);
    this.#state.stacks = on;
    return on ? 'kernel paths are recorded from now on' : 'kernel paths are no longer recorded';
  }

  #hidden(): null {
    this.#state.page = hiddenPage(this.#parts.actions.recover?.() ?? []);
    return null;
  }

  #interval(by: 1 | -1): string {
    const { interval } = this.#state;
    const next =
      by === 1
        ? INTERVALS.find((milliseconds) => milliseconds > interval)
        : INTERVALS.findLast((milliseconds) => milliseconds < interval);
    if (next === undefined)
      return `drops are counted every ${interval / 1000} s, and not ${by === 1 ? 'less' : 'more'} often`;
    this.#parts.actions.interval?.(next);
    this.#state.interval = next;
    return `drops are counted every ${next / 1000} s from now on`;
  }
}

const INTERVALS = [200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

const WORDS: Record<RunCommand, string> = {
  record: 'record',
  export: 'write what is shown',
  copy: 'copy',
  stacks: 'switch stacks',
  hidden: 'read the hidden records',
  longer: 'change the interval',
  shorter: 'change the interval',
};

/** `20260102-120000`, in local time; for the name of a file. */
function stamp(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return 'undated';
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
