import { grouped } from '../grouped.js';
import { locateTracefs } from '../host/tracefs-mount.js';
import { openStandardOutput } from '../output/channel.js';
import { NdjsonSink } from '../output/ndjson.js';
import { NoticeSink } from '../output/notice-text.js';
import { wantsColor } from '../output/paint.js';
import { KernelJournal } from '../tracefs/journal.js';
import { kernelMedium } from '../tracefs/medium.js';
import { openCatalogue } from './catalogue.js';
import type { Command, OptionValues } from './command.js';
import { KmsgSide } from './kmsg-side.js';
import { openLiveSides } from './live-sides.js';
import { parseSize } from './option-values.js';
import { removeOrphans } from './orphans.js';
import { ReadyFile } from './ready-file.js';
import { BOTH_SIDES, dropsOptionsOf, fileOf, logOptionsOf, sidesOf } from './record-options.js';
import { Recorder } from './recorder.js';
import { Stop } from './stop.js';
import { Tap } from './tap.js';
import { undoOnExit } from './undo-on-exit.js';
import { watch } from './watch.js';

export const record: Command = {
  name: 'record',
  summary: 'write what the kernel tells of its log and of dropped packets into a file, for kwho replay',
  argument: 'FILE',
  options: {
    ...BOTH_SIDES,
    json: { short: 'j', help: 'print what is seen, too, one JSON object a line' },
    'max-size': { value: 'SIZE', parse: parseSize, help: 'end when the file is this large: 100M, 1G' },
  },
  examples: [
    { line: 'kwho record incident.kwho', what: 'both sides, until Ctrl-C' },
    {
      line: 'kwho record --only drops --stack --for 1m drops.kwho',
      what: 'a minute of dropped packets with their paths',
    },
    { line: 'kwho replay incident.kwho', what: 'what was seen, on any machine, without root' },
  ],
  run: (values) => runRecord(fileOf(values, 'record'), values),
};

const INTERVAL_MS = 1000;

async function runRecord(file: string, values: OptionValues): Promise<number> {
  const out = openStandardOutput();
  const log = logOptionsOf(values);
  const readyFile = new ReadyFile(log.readyFile);
  const tracefs = locateTracefs('/proc');
  const removed = await removeOrphans(tracefs, '/proc');
  const stop = new Stop();
  const journal = new KernelJournal(kernelMedium);
  const restore = undoOnExit(journal);
  const sink = log.json
    ? new NdjsonSink(out)
    : new NoticeSink(out, wantsColor(process.stdout.isTTY === true, process.env));
  const mostBytes = ((values['max-size'] as number | undefined) ?? Number.POSITIVE_INFINITY) * 1024;
  try {
    const messages = new Tap('kmsg');
    const kmsg = KmsgSide.open(() => {}, messages);
    const {
      drops,
      log: logSide,
      taps,
      missing,
    } = openLiveSides({
      tracefs,
      journal,
      catalogue: openCatalogue(),
      only: sidesOf(values),
      log,
      drops: dropsOptionsOf(values, INTERVAL_MS),
      out,
      samples: 0,
      closing: true,
      sinks: { log: () => sink, drops: () => sink },
    });
    const recorder = new Recorder([...taps, messages]);
    recorder.start(file);
    const telling = (logSide ?? drops)!.telling;
    for (const text of removed) telling.notice('orphan', 'warning', text);
    for (const { message, hint } of missing)
      telling.notice('side-missing', 'warning', message, { hint: hint ?? null });
    // In the order in which it was told.
    logSide?.start();
    recorder.step();
    await drops?.start();
    recorder.step();
    readyFile.announce();
    stop.after(log.forMs);
    const sides = [logSide, drops, kmsg].filter((side) => side !== null);
    await watch(sides, out, stop, () => {
      recorder.step();
      if (recorder.path === null || recorder.bytes >= mostBytes) stop.end();
    });
    for (const side of sides) await side.finish();
    recorder.stop();
    if (recorder.problem !== null) throw recorder.problem;
    if (!log.json)
      out.write(`kwho: recorded in ${file} (${grouped(recorder.bytes)} bytes): kwho replay ${file}\n`);
  } finally {
    restore();
    await out.drain(stop.signal === null ? DRAIN_MS : DRAIN_AFTER_SIGNAL_MS);
  }
  return stop.status;
}

const DRAIN_MS = 5000;
const DRAIN_AFTER_SIGNAL_MS = 500;
