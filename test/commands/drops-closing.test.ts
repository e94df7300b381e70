import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCatalogue } from '../../src/commands/catalogue.js';
import { DropsClosing } from '../../src/commands/drops-closing.js';
import { DropInvestigation } from '../../src/commands/drops-investigation.js';
import { placeKey } from '../../src/commands/drops-keys.js';
import { DropsTelling } from '../../src/commands/drops-telling.js';
import { Namespaces } from '../../src/commands/namespaces.js';
import { Tap } from '../../src/commands/tap.js';
import { DropStream } from '../../src/model/drop-stream.js';
import { DropTable, placeOf } from '../../src/model/drop-table.js';
import type { KwhoEvent, NoticeEvent } from '../../src/model/events.js';
import { FakeNet } from '../host/net-fake.js';
import { netFixture } from '../host/net-fixture.js';
import { readingOf } from '../model/drop-samples.js';
import { seenDrop } from '../model/drops.js';

const catalogue = openCatalogue();
let net: FakeNet;

beforeEach(() => {
  net = new FakeNet();
  mkdirSync(join(net.world.proc, 'self/ns'), { recursive: true });
  symlinkSync('net:[4026531840]', join(net.world.proc, 'self/ns/net'));
  net.put('net/snmp', netFixture('snmp.before'));
  net.put('net/netstat', netFixture('netstat.before'));
});
afterEach(() => net.remove());

function investigate() {
  const events: KwhoEvent[] = [];
  const table = new DropTable(catalogue);
  const investigation = new DropInvestigation({
    reading: readingOf('6.12'),
    table,
    stream: new DropStream(placeKey),
    sampled: false,
    other: null,
    sink: { event: (event) => events.push(event), tick: () => {}, end: () => {} },
    conditions: [],
    by: ['location', 'reason', 'dev', 'netns'],
    events: false,
    samples: 0,
    stack: false,
    maxEvents: null,
    backends: ['fields'],
    detailBackend: 'fields',
    blindSpots: [],
    processOf: () => null,
  });
  const notices = (code: string) =>
    events
      .filter((event): event is NoticeEvent => event.type === 'notice')
      .filter((one) => one.code === code);
  return { telling: new DropsTelling(investigation, new Tap('drops')), table, notices };
}

/** A host that loses one datagram for a closed port and 307 for a full socket, while nobody sees a drop. */
async function lose(): Promise<DropsClosing> {
  const closing = await DropsClosing.start(net.world, new Namespaces(net.world), catalogue);
  net.put('net/snmp', netFixture('snmp.after'));
  await closing.look([]);
  return closing;
}

it('losses that no drop explains are told', async () => {
  const { telling, table, notices } = investigate();
  await (await lose()).tell(telling, table);
  expect(notices('unexplained-loss').map(({ details }) => [details?.counter, details?.count])).toEqual([
    ['UdpRcvbufErrors', 307],
    ['UdpNoPorts', 1],
  ]);
  expect(notices('namespaces-left')).toEqual([]);
});

it('what connection tracking drops was no rule: drops of rules are then not all on purpose', async () => {
  const heading = 'entries  insert_failed drop\n';
  const told = async (after: string) => {
    net.put('net/stat/nf_conntrack', `${heading}00000004  00000000 00000000\n`);
    const { telling, table, notices } = investigate();
    const closing = await DropsClosing.start(net.world, new Namespaces(net.world), catalogue);
    net.put('net/stat/nf_conntrack', `${heading}${after}\n`);
    await closing.look([]);
    await closing.tell(telling, table);
    return notices('conntrack-loss').map(({ text }) => text);
  };
  expect(await told('00000004  00000000 00000010')).toEqual([
    'connection tracking dropped 16 packets that no rule asked for: its table was full, or NAT had no free port',
  ]);
  expect(await told('00000004  00000001 00000000')).toEqual([
    'connection tracking dropped 1 packet that no rule asked for: what they would begin could not be entered, as when NAT has no free port',
  ]);
  expect(await told('00000009  00000000 00000000')).toEqual([]);
});

it('where rules alone drop, this host is asked for the rule', async () => {
  const { telling, table, notices } = investigate();
  const closing = await DropsClosing.start(net.world, new Namespaces(net.world), catalogue);
  const place = placeOf(seenDrop());
  const location = { ...place.location!, symbol: 'nft_do_chain' };
  const key = { ...place, location, reason: 'NETFILTER_DROP', dev: 'vs', netns: 4026531840 };
  table.since([{ key, count: 5 }]);
  telling.interval(0, 1, { counted: 5, unplaced: 0, rows: [], others: null }, true);
  await closing.look([{ key }]);
  await closing.tell(telling, table);
  const [notice] = notices('no-suspect');
  expect(notice?.text).toMatch(
    /; most by rules: 5 packets dropped in nft_do_chain on vs .*\(NETFILTER_DROP\)$/,
  );
  expect(notice?.hint).toContain('nft');
  // What the programs of this machine say to it.
  expect(notice?.details).toMatchObject({ count: 5, key, evidence: expect.any(Array) });
});

it('drops that were lost on the way to us may have been those', async () => {
  const { telling, table, notices } = investigate();
  const closing = await lose();
  telling.settle(new Map([[0, 400]]));
  await closing.tell(telling, table);
  expect(notices('unexplained-loss')).toEqual([]);
});

it('namespaces that there was no time for are said to be left', async () => {
  for (let i = 0; i < 300; i++) {
    net.living(1000 + i, 4_026_540_000 + i);
    net.put(`${1000 + i}/net/snmp`, netFixture('snmp.before'));
  }
  const { telling, table, notices } = investigate();
  await (await lose()).tell(telling, table);
  const [notice] = notices('namespaces-left');
  const { left, looked } = notice!.details as { left: number; looked: number };
  expect(left).toBeGreaterThanOrEqual(45);
  expect(left + looked).toBe(301);
  expect(notice!.text).toMatch(new RegExp(`^${left} network namespaces were not looked into for losses`));
});
