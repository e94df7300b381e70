import type { Flow } from '../decode/packet.js';
import type { DropCatalogue } from '../explain/drop-catalogue.js';
import { grouped } from '../grouped.js';
import { runCommand } from '../host/command.js';
import { type Closing, NetEvidence } from '../host/net-evidence.js';
import type { Evidence } from '../host/net-world.js';
import type { DropRow, DropTable } from '../model/drop-table.js';
import type { DropKey } from '../model/events.js';
import { reconcile } from '../model/reconcile.js';
import type { DropsTelling } from './drops-telling.js';
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
  follow(rows: readonly Row[]): void {
    this.#evidence.follow(this.#namespaces.list(), dropping(rows));
  }

  /** The last look at the kernel's counters, before drops are no longer seen. */
  async look(rows: readonly Row[]): Promise<void> {
    this.#closing = await this.#evidence.finish(dropping(rows), LOOK_MS);
  }

  #closing: Closing = { rises: [], left: 0 };

  /** Tells what was found. */
  async tell(telling: DropsTelling, table: DropTable): Promise<void> {
    const rows = table.totals();
    const suspects = rows.filter(({ verdict }) => verdict === 'suspect');
    const [top] = suspects;
    if (top !== undefined) await this.#tellSuspect(telling, table, top, suspects.length - 1);
    const refused = this.#tellConntrack(telling);
    if (top === undefined && refused === 0 && telling.counted > 0)
      await this.#tellNoSuspect(telling, table, rows.find(({ verdict }) => verdict === 'policy') ?? null);
    this.#reconcile(telling, rows);
    this.#tellLeft(telling);
  }

  /**
   * Connections that could not be entered look like packets that a rule dropped: both are a hook's verdict (nf_hook_slow(),
   * net/netfilter/nf_conntrack_core.c). Returns how many packets it was.
   */
  #tellConntrack(telling: DropsTelling): number {
    let all = 0;
    for (const { netns, conntrack } of this.#closing.rises) {
      const failed = conntrack.get('insert_failed') ?? 0;
      const count = Math.max(failed, conntrack.get('drop') ?? 0);
      if (count === 0) continue;
      all += count;
      const place = netns.own ? '' : ` in ${netns.name ?? `net:[${netns.inum}]`}`;
      const packets = count === 1 ? '1 packet' : `${grouped(count)} packets`;
      telling.notice(
        'conntrack-loss',
        'warning',
        `connection tracking dropped ${packets}${place} that no rule asked for: ` +
          (failed > 0
            ? 'what they would begin could not be entered, as when NAT has no free port'
            : 'its table was full, or NAT had no free port'),
        {
          hint: 'compare net.netfilter.nf_conntrack_count with nf_conntrack_max, and give NAT more addresses or ports; conntrack -S counts',
          details: { count, netns: netns.inum },
        },
      );
    }
    return all;
  }

  async #tellSuspect(telling: DropsTelling, table: DropTable, row: DropRow, others: number): Promise<void> {
    const { where, what, next, details } = await this.#lookAt(table, row);
    const rest = others === 0 ? '' : ` (${others} more ${others === 1 ? 'kind' : 'kinds'} of drops suspect)`;
    telling.notice('top-suspect', 'warning', `top suspect: ${where}${what}${rest}`, { hint: next, details });
  }

  /** Whose packets a rule drops may not know of the rule. */
  async #tellNoSuspect(telling: DropsTelling, table: DropTable, policy: DropRow | null): Promise<void> {
    const none = 'no suspect: every drop was done on purpose by a rule, or is what a healthy host has too';
    if (policy === null) {
      telling.notice('no-suspect', 'info', none);
      return;
    }
    const { where, next, details } = await this.#lookAt(table, policy);
    telling.notice('no-suspect', 'info', `${none}; most by rules: ${where}`, { hint: next, details });
  }

  async #lookAt(table: DropTable, { key, count }: DropRow) {
    const explanation = this.#catalogue.explain(key.reason ?? null, key.location?.symbol ?? null);
    const [example] = table.flowsOf(key);
    const flow = example?.flow ?? null;
    const evidence = await this.evidence(key, flow);
    return {
      where: place(key, count),
      what: explanation === null ? '' : `: ${explanation.what}`,
      next: explanation?.next ?? null,
      details: { key, count, flow, evidence },
    };
  }

  /** What this host says of drops of a kind, what has moved first. @param flow of one of them */
  async evidence(key: DropKey, flow: Flow | null): Promise<string[]> {
    const { reason = null, location, dev = null, netns = null, ifindex = null } = key;
    const explanation = this.#catalogue.explain(reason, location?.symbol ?? null);
    const place = { netns: netns === null ? null : this.#namespaces.get(netns), dev, ifindex, flow };
    const found: Evidence[] = [];
    this.#evidence.allow(EVIDENCE_MS);
    for (const check of explanation?.checks ?? []) found.push(...(await this.#evidence.check(check, place)));
    const lines = [...found.filter(({ moved }) => moved), ...found.filter(({ moved }) => !moved)];
    return lines.map(({ text, command }) => (command === '' ? text : `${text}   (${command})`));
  }

  #reconcile(telling: DropsTelling, rows: readonly DropRow[]): void {
    const drops = rows.map(({ key, count }) => ({
      reason: key.reason ?? null,
      symbol: key.location?.symbol ?? null,
      netns: key.netns ?? null,
      dev: key.dev ?? null,
      count,
    }));
    const counters = this.#closing.rises.map(({ netns, ...rise }) => ({ ...rise, netns: netns.inum }));
    for (const loss of reconcile({ drops, counters, lost: telling.lost }).unexplained) {
      const where = this.#namespaces.get(loss.netns);
      const place = where === null || where.own ? '' : ` in ${where.name ?? `net:[${loss.netns}]`}`;
      telling.notice(
        'unexplained-loss',
        'warning',
        `the kernel counts ${grouped(loss.count)} more (${loss.name})${place} that no dropped packet explains: ${loss.what}`,
        { hint: loss.next, details: { counter: loss.name, count: loss.count, netns: loss.netns } },
      );
    }
  }

  #tellLeft(telling: DropsTelling): void {
    const { left, rises } = this.#closing;
    if (left === 0) return;
    telling.notice(
      'namespaces-left',
      'info',
      `${left} network ${left === 1 ? 'namespace was' : 'namespaces were'} not looked into for losses that no ` +
        `dropped packet explains: that would have taken more than the ${LOOK_MS / 1000} s that are spent on it at the end`,
      {
        hint: 'nstat -az and ip -s link in a namespace show them; its drops are told in any case',
        details: { left, looked: rises.length },
      },
    );
  }
}

/** What the end of a run may take: the look into the namespaces, and programs that are asked about the top suspect. */
const LOOK_MS = 2000;
const EVIDENCE_MS = 4000;

type Row = Pick<DropRow, 'key'>;

/** The namespaces in which drops were seen. */
function dropping(rows: readonly Row[]): Set<number> {
  return new Set(rows.flatMap(({ key }) => (key.netns == null ? [] : [key.netns])));
}

function place({ reason, location, dev, netnsName }: DropKey, count: number): string {
  const where = [
    count === 1 ? '1 packet dropped' : `${grouped(count)} packets dropped`,
    ...(location?.symbol == null ? [] : [`in ${location.symbol}`]),
    ...(dev == null ? [] : [`on ${dev}`]),
    ...(netnsName == null ? [] : [`in namespace ${netnsName}`]),
  ].join(' ');
  return reason == null ? where : `${where} (${reason})`;
}
