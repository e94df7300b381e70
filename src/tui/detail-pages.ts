import type { Explanation } from '../explain/drop-catalogue.js';
import { locationText } from '../output/drop-words.js';
import { printable } from '../output/escape.js';
import { whoWords } from '../output/log-words.js';
import { dropDetail } from './detail-drop.js';
import type { DetailLine } from './detail-line.js';
import { logDetail } from './detail-log.js';
import type { MessageRow } from './messages-pane.js';
import { Page } from './page.js';
import type { ScreenModel } from './screen-model.js';
import type { DropRow, LogRow, ScreenActions, ScreenHost } from './shown.js';

export interface DetailParts {
  model: Pick<ScreenModel, 'samples' | 'health'>;
  actions: Pick<ScreenActions, 'evidence' | 'recover'>;
  host: ScreenHost;
  explain: (reason: string | null, symbol: string | null) => Explanation | null;
  /** Something that is shown has changed. */
  changed: () => void;
}

/** @param latest the row as it is now: it may have grown */
export function logPage(latest: () => LogRow, { model, actions, host }: DetailParts): Page {
  const { wall, userName } = host;
  return new Page('detail', `kernel log: ${whoWords(latest().event)}`, () =>
    logDetail(latest(), {
      wall,
      userName,
      hidden: model.health().hidden,
      recoverKey: actions.recover === null ? null : 'h',
    }),
  );
}

/** Begins to look at this host for what explains the row; the page tells it when it is there. */
export function dropPage(latest: () => DropRow, parts: DetailParts): Page {
  const { model, host, explain } = parts;
  const { key } = latest();
  const { reason, location } = key;
  let evidence: readonly string[] | null = null;
  void lookForEvidence(latest(), parts).then((lines) => {
    evidence = lines;
    parts.changed();
  });
  const where = location === undefined ? '' : ` at ${locationText(location)}`;
  return new Page('detail', `dropped packets: ${printable(reason ?? 'no reason given')}${where}`, () =>
    dropDetail(latest(), {
      explanation: explain(reason ?? null, location?.symbol ?? null),
      evidence,
      samples: model.samples(latest()),
      wall: host.wall,
      host: host.netns,
    }),
  );
}

export function messagePage({ event }: MessageRow, time: string): Page {
  const { seq, level, facility, caller, text, fields } = event;
  return new Page('detail', 'kernel message', () => [
    ...text.split('\n').map((line) => plain(printable(line))),
    plain(''),
    plain(`time      ${time.trim()}`),
    plain(
      `record    ${seq}, level ${level}, facility ${facility}${caller === null ? '' : `, from ${printable(caller)}`}`,
    ),
    ...Object.entries(fields).map(([name, value]) =>
      plain(`${printable(name).padEnd(9)} ${printable(value)}`),
    ),
  ]);
}

/** The records that a clear hides. @param lines printable already, as dmesg would print them */
export function hiddenPage(lines: readonly string[]): Page {
  const found = lines.flatMap((line) => line.trimEnd().split('\n')).map(plain);
  const none = plain('No record is hidden: the log was not cleared since the oldest one it holds.');
  return new Page('detail', `hidden records: ${found.length}`, () => (found.length === 0 ? [none] : found));
}

async function lookForEvidence(
  row: DropRow,
  { model, actions }: Pick<DetailParts, 'model' | 'actions'>,
): Promise<readonly string[]> {
  if (actions.evidence === null) return [];
  try {
    return await actions.evidence(row.key, model.samples(row)[0] ?? null);
  } catch (error) {
    return [`could not look at this host: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function plain(text: string): DetailLine {
  return { text, style: 'plain' };
}
