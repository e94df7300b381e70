import { KwhoError } from '../../errors.js';
import { locateTracefs } from '../../host/tracefs-mount.js';
import type { CommandFinding, FindingVerdict } from '../../model/host-report.js';
import type { EventSink } from '../../output/sink.js';
import { openCatalogue } from '../catalogue.js';
import { openLiveDrops } from '../drops-open.js';
import { KmsgSide } from '../kmsg-side.js';
import { openLiveSides } from '../live-sides.js';
import { LiveLog } from '../log-live.js';
import { ftraceSwitchedOff } from '../log-tracing.js';
import { dropsOptionsOf, logOptionsOf } from '../record-options.js';
import type { Sources } from '../side.js';
import { Tap } from '../tap.js';
import type { CheckedHost, CheckResult } from './check.js';
import { Findings, wordsOf } from './finding.js';

/** `kwho log`, configured as it configures itself and taken back before it records. */
export function tryLog({ proc, journal }: CheckedHost): CheckResult {
  return attempt(['log'], () => {
    const tracefs = locateTracefs(proc);
    const live = new LiveLog({ tracefs, journal, options: LOG, sink: NOWHERE, tap: new Tap('log') });
    return { ...live.sources, missing: [] };
  });
}

/** `kwho drops`, the same; and whether its probe tells the truth of a packet of our own, which is dropped for that. */
export async function tryDrops({ proc, journal }: CheckedHost): Promise<CheckResult> {
  let open: ReturnType<typeof openLiveDrops> | null = null;
  const result = attempt(['drops'], () => {
    const tracefs = locateTracefs(proc);
    const tap = new Tap('drops');
    const sink = () => NOWHERE;
    const parts = { tracefs, journal, out: OUT, tap, sink, samples: 0, closing: false };
    open = openLiveDrops({ ...parts, options: DROPS, catalogue: openCatalogue() });
    return { ...open.sources, missing: [] };
  });
  return open === null ? result : { ...result, findings: await checkProbe(open, proc) };
}

async function checkProbe(live: ReturnType<typeof openLiveDrops>, proc: string) {
  const found = new Findings('drop events');
  const name = 'own packet';
  const checked = await live.check();
  if (checked === 'not needed') found.ok(name, 'not sent: the plain event reads no field of a packet');
  else if (checked === null)
    found.ok(name, 'dropped on 127.0.0.1: the probe tells its interface, namespace and flow');
  else {
    const [level, text, { hint }] = checked;
    // Up to 5.10 it is a probe on a function, which does not fire then.
    if (level === 'warning' && ftraceSwitchedOff(proc) !== null)
      found.no(name, text, 'sysctl kernel.ftrace_enabled=1');
    else if (level === 'error') found.no(name, text, hint);
    else found.unknown(name, text, hint);
  }
  return found.list;
}

/** `kwho record` and the screen: both sides at once. */
export function tryBoth({ proc, journal }: CheckedHost): CheckResult {
  return attempt(['record', 'top'], () => {
    const tracefs = locateTracefs(proc);
    const messages = KmsgSide.open(() => {}, new Tap('kmsg'));
    messages?.finish();
    const { log, drops, missing } = openLiveSides({
      ...{
        tracefs,
        journal,
        only: ['log', 'drops'],
        log: LOG,
        drops: DROPS,
        out: OUT,
        samples: 0,
        closing: false,
      },
      catalogue: openCatalogue(),
      sinks: { log: () => NOWHERE, drops: () => NOWHERE },
    });
    const sides = [log, drops].flatMap((side) => (side === null ? [] : [side.sources]));
    return {
      backends: [...sides.flatMap(({ backends }) => backends), ...(messages === null ? [] : ['/dev/kmsg'])],
      blindSpots: [
        ...sides.flatMap(({ blindSpots }) => blindSpots),
        ...(messages === null ? ['messages of the kernel: /dev/kmsg is closed'] : []),
      ],
      missing,
    };
  });
}

const LOG = logOptionsOf({});
const DROPS = dropsOptionsOf({}, 5000);
const NOWHERE: EventSink = { event() {}, tick() {}, end() {} };
const OUT = { backlog: 0, closed: false };

/** @param open gives the means, and why a part of it is missing */
function attempt(
  commands: readonly string[],
  open: () => Sources & { missing: readonly Error[] },
): CheckResult {
  const finding = trial(open);
  return { commands: commands.map((command) => ({ command, ...finding })) };
}

function trial(open: () => Sources & { missing: readonly Error[] }): Omit<CommandFinding, 'command'> {
  try {
    const { backends, blindSpots, missing } = open();
    const [lacking] = missing.map(wordsOf);
    return {
      verdict: 'ok',
      backends: [...new Set(backends)],
      blindSpots: [...new Set(blindSpots)],
      why: lacking?.text ?? null,
      remedy: lacking?.hint ?? null,
    };
  } catch (error) {
    const { text, hint } = wordsOf(error);
    // What kwho did not foresee may be a fault of its own.
    const verdict: FindingVerdict = error instanceof KwhoError ? 'no' : 'unknown';
    return { verdict, backends: [], blindSpots: [], why: text, remedy: hint };
  }
}
