import { KwhoError } from '../../errors.js';
import { locateTracefs } from '../../host/tracefs-mount.js';
import type { CommandFinding } from '../../model/host-report.js';
import type { EventSink } from '../../output/sink.js';
import { openCatalogue } from '../catalogue.js';
import type { LiveDrops } from '../drops-live.js';
import { KmsgSide } from '../kmsg-side.js';
import { type LiveSides, openLiveSides, type SideName } from '../live-sides.js';
import { dropsOptionsOf, logOptionsOf } from '../record-options.js';
import { Tap } from '../tap.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, wordsOf } from './finding.js';

/**
 * The commands that watch, configured as they configure themselves and taken back before they record: only the drop
 * side's probe is let show whether it tells the truth of a packet of our own, which is dropped for that.
 */
export async function tryCommands(host: CheckedHost): Promise<CheckResult> {
  const messages = KmsgSide.open(() => {}, new Tap('kmsg'));
  messages?.finish();
  try {
    const sides = openSides(host, ['log', 'drops']);
    const [lacking] = sides.missing.map(wordsOf);
    const both = {
      ...told(sides.log, sides.drops),
      why: lacking?.text ?? null,
      remedy: lacking?.hint ?? null,
    };
    if (messages === null)
      both.blindSpots = [...both.blindSpots, 'messages of the kernel: /dev/kmsg is closed'];
    else both.backends = [...both.backends, '/dev/kmsg'];
    const alone = (side: LiveSides['log'] | LiveSides['drops']) =>
      side === null ? refused(sides.missing[0]) : told(side);
    const findings = sides.drops === null ? [] : await checkProbe(sides.drops);
    return { findings, commands: named({ log: alone(sides.log), drops: alone(sides.drops), both }) };
  } catch (error) {
    host.journal.undo();
    const alone = { log: whyNot(host, 'log'), drops: whyNot(host, 'drops') };
    return { commands: named({ ...alone, both: refused(error) }) };
  }
}

function openSides({ proc, journal }: CheckedHost, only: readonly SideName[]): LiveSides {
  return openLiveSides({
    tracefs: locateTracefs(proc),
    ...{ journal, only, catalogue: openCatalogue(), out: { backlog: 0, closed: false } },
    log: logOptionsOf({}),
    drops: dropsOptionsOf({}, INTERVAL_MS),
    ...{ samples: 0, closing: false, sinks: { log: () => NOWHERE, drops: () => NOWHERE } },
  });
}

const INTERVAL_MS = 5000;
const NOWHERE: EventSink = { event() {}, tick() {}, end() {} };

type Outcome = Omit<CommandFinding, 'command'>;

function named({ log, drops, both }: Record<SideName | 'both', Outcome>): CommandFinding[] {
  return [
    { command: 'log', ...log },
    { command: 'drops', ...drops },
    { command: 'record', ...both },
    { command: 'top', ...both },
  ];
}

function told(...sides: readonly (LiveSides['log'] | LiveSides['drops'])[]): Outcome {
  const sources = sides.flatMap((side) => (side === null ? [] : [side.sources]));
  return {
    verdict: 'ok',
    backends: [...new Set(sources.flatMap(({ backends }) => backends))],
    blindSpots: [...new Set(sources.flatMap(({ blindSpots }) => blindSpots))],
    why: null,
    remedy: null,
  };
}

/** What kwho did not foresee may be a fault of its own. */
function refused(error: unknown): Outcome {
  const { text, hint } = wordsOf(error);
  const verdict = error instanceof KwhoError ? 'no' : 'unknown';
  return { verdict, backends: [], blindSpots: [], why: text, remedy: hint };
}

function whyNot(host: CheckedHost, side: SideName): Outcome {
  try {
    const sides = openSides(host, [side]);
    return told(sides[side]);
  } catch (error) {
    return refused(error);
  } finally {
    host.journal.undo();
  }
}

async function checkProbe(live: LiveDrops) {
  const found = new Findings('drop events');
  const name = 'own packet';
  const checked = await live.check();
  if (checked === 'not needed') found.ok(name, 'not sent: the plain event reads no field of a packet');
  else if (checked === null)
    found.ok(name, 'dropped on 127.0.0.1: the probe tells its interface, namespace and flow');
  else {
    const [level, text, { hint }] = checked;
    if (level === 'error') found.no(name, text, hint);
    else found.unknown(name, text, hint);
  }
  return found.list;
}
