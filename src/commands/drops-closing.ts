import type { DropCatalogue, Explanation } from '../explain/drop-catalogue.js';
import { runCommand } from '../host/command.js';
import { NetEvidence } from '../host/net-evidence.js';
import type { Evidence } from '../host/net-world.js';
import type { DropRow, DropTable } from '../model/drop-table.js';
import { reconcile } from '../model/reconcile.js';
import type { DropInvestigation } from './drops-investigation.js';
import type { Namespaces } from './namespaces.js';

/**
 * What a run ends with: the top suspect with its evidence and remedy, and the losses that no dropped packet explains.
 * Looked at from the moment when drops are seen to just before that ends, so that the accounts agree.
 */
export class DropsClosing {
  readonly #evidence: NetEvidence;
  readonly #namespaces: Namespaces;
  readonly #catalogue: DropCatalogue;

  static async start(
    world: { proc: string; sys: string; run: string },
    namespaces: Namespaces,
    catalogue: DropCatalogue,
  ): Promise<DropsClosing> {
    const all = { ...world, modules: '/lib/modules', command: runCommand, now: () => performance.now() };
    return new DropsClosing(await NetEvidence.start(all, namespaces.list()), namespaces, catalogue);
  }

  private constructor(evidence: NetEvidence, namespaces: Namespaces, catalogue: DropCatalogue) {
    this.#evidence = evidence;
    this.#namespaces = namespaces;
    this.#catalogue = catalogue;
  }

  /** Now and then: namespaces that are new are watched too. */
  follow(): void {
    this.#evidence.follow(this.#namespaces.list());
  }

  /** The last look at the kernel's counters, before drops are no longer seen. */
  async look(): Promise<void> {
    this.#rises = await this.#evidence.finish();
  }

  #rises: Awaited<ReturnType<NetEvidence['finish']>> = [];

  /** Tells what was found. @param lost drops that were counted or lost without their place */
  async tell(investigation: DropInvestigation, table: DropTable, lost: number): Promise<void> {
    const rows = table.totals();
    const suspects = rows.filter(({ verdict }) => verdict === 'suspect');
    const [top] = suspects;
    if (top !== undefined) await this.#tellSuspect(investigation, table, top, suspects.length - 1);
    else if (investigation.counted > 0) {
      investigation.notice(
        'no-suspect',
        'info',
        'no suspect: every drop was done on purpose by a rule, or is what a healthy host has too',
      );
    }
    this.#reconcile(investigation, rows, lost);
  }

  async #tellSuspect(
    investigation: DropInvestigation,
    table: DropTable,
    { key, count }: DropRow,
    others: number,
  ): Promise<void> {
    const { reason = null, location, dev = null, netns = null } = key;
    const symbol = location?.symbol ?? null;
    const explanation = this.#catalogue.explain(reason, symbol);
    const [example] = table.flowsOf(key);
    const namespace = netns === null ? null : this.#namespaces.get(netns);
    const place = { netns: namespace, dev, ifindex: key.ifindex ?? null, flow: example?.flow ?? null };
    const found: Evidence[] = [];
    for (const check of explanation?.checks ?? []) found.push(...(await this.#evidence.check(check, place)));
    const lines = [...found.filter(({ moved }) => moved), ...found.filter(({ moved }) => !moved)];
    const evidence = lines.map(({ text, command }) => (command === '' ? text : `${text}   (${command})`));
    const rest = others === 0 ? '' : ` (${others} more ${others === 1 ? 'kind' : 'kinds'} of drops suspect)`;
    investigation.notice('top-suspect', 'warning', `${sentence(key, count, explanation)}${rest}`, {
      hint: explanation?.next ?? null,
      details: { key, count, flow: example?.flow ?? null, evidence },
    });
  }

  #reconcile(investigation: DropInvestigation, rows: readonly DropRow[], lost: number): void {
    const drops = rows.map(({ key, count }) => ({
      reason: key.reason ?? null,
      symbol: key.location?.symbol ?? null,
      netns: key.netns ?? null,
      dev: key.dev ?? null,
      count,
    }));
    const counters = this.#rises.map(({ netns, ...rise }) => ({ ...rise, netns: netns.inum }));
    for (const loss of reconcile({ drops, counters, lost }).unexplained) {
      const where = this.#namespaces.get(loss.netns);
      const place = where === null || where.own ? '' : ` in ${where.name ?? `net:[${loss.netns}]`}`;
      investigation.notice(
        'unexplained-loss',
        'warning',
        `the kernel counts ${loss.count.toLocaleString('en-US')} more (${loss.name})${place} that no dropped packet explains: ${loss.what}`,
        { hint: loss.next, details: { counter: loss.name, count: loss.count, netns: loss.netns } },
      );
    }
  }
}

function sentence(
  { reason, location, dev, netnsName }: DropRow['key'],
  count: number,
  explanation: Explanation | null,
): string {
  const where = [
    count === 1 ? '1 packet dropped' : `${count.toLocaleString('en-US')} packets dropped`,
    ...(location?.symbol == null ? [] : [`in ${location.symbol}`]),
    ...(dev == null ? [] : [`on ${dev}`]),
    ...(netnsName == null ? [] : [`in namespace ${netnsName}`]),
  ].join(' ');
  const what = explanation === null ? '' : `: ${explanation.what}`;
  const why = reason == null ? '' : ` (${reason})`;
  return `top suspect: ${where}${why}${what}`;
}
