import { expect, it } from 'vitest';
import { gatherLogFacts } from '../../src/commands/why/gather.js';
import type { LogFacts } from '../../src/decode/log-facts.js';
import { judge } from '../../src/model/why/verdict.js';
import { type WhyExtras, whyJson } from '../../src/output/why-json.js';
import { whySchema } from '../../src/output/why-schema.js';
import { healthy, uncollected, withJournald } from '../model/why/facts.js';
import { validate } from './json-schema.js';

const HOSTILE = 'x\x1b[2J\nevil \xff\xe2\x80\xae';

const documentOf = (facts: LogFacts, more?: WhyExtras) => JSON.parse(whyJson(judge(facts), facts, more));

it('is what the schema says, whatever was found', () => {
  const wrong = healthy((facts) => {
    facts.text = 'sysrq';
    facts.ring.hidden = 3;
    facts.ring.visibleFrom = null;
    facts.ring.matches = facts.ring.sample;
    facts.ring.matchCount = 2;
    facts.ring.cut.push({ seq: 4, time: 1 });
    facts.ring.suppressed.push({ seq: 3, time: 1, kind: 'writer', name: 'sh', count: null });
    facts.hits = { found: [{ path: '/var/log/syslog', count: 1, last: 'x' }], searched: 1, partly: [] };
  });
  const closed = uncollected((facts) => {
    facts.ring = { ...facts.ring, door: null, error: 'EPERM', first: null, last: null, records: 0 };
    facts.rights = { ...facts.rights, uid: 1000, capSyslog: false, open: 'EPERM', syslog: 'EPERM' };
    facts.settings = { ...facts.settings, levels: null, boot: null, consoles: null };
    facts.since = 3;
  });
  for (const facts of [healthy(), withJournald(), uncollected(), wrong, closed])
    expect(validate(whySchema, documentOf(facts))).toEqual([]);
  expect(documentOf(wrong)).toMatchObject({ verdict: 'missing', since: null });
  expect(documentOf(wrong).hops.length).toBeGreaterThan(1);
});

it('is what the schema says of a marker and of a watch', () => {
  const hop = { hop: 'ring', stage: 'ring', state: 'arrived', delay: 0.2, detail: HOSTILE } as const;
  const count = {
    limit: 'devkmsg_write',
    name: 'perl',
    writer: true,
    tid: 3,
    asked: 2,
    refused: 1,
    lastRefused: 1.5,
  } as const;
  const document = documentOf(healthy(), {
    canary: { marker: 'kwho-canary', level: 6, hops: [hop, { ...hop, state: 'lost', delay: null }] },
    rateLimits: [count, { ...count, name: null, refused: 0, lastRefused: null }],
  });
  expect(validate(whySchema, document)).toEqual([]);
  expect(validate(whySchema, documentOf(healthy(), { rateLimits: null }))).toEqual([]);
  expect(document.canary.hops[0].detail).toBe('x\x1b[2J\nevil \\xff\u202e');
});

it('of this host it is what the schema says', async () => {
  const facts = await gatherLogFacts('kwho', 1000);
  expect(validate(whySchema, documentOf(facts))).toEqual([]);
});

it('the schema describes every field, and refuses something else', () => {
  const document = documentOf(healthy());
  const { properties } = whySchema;
  expect(Object.keys(document).filter((name) => !(name in properties))).toEqual([]);
  for (const part of ['ring', 'settings', 'rights'] as const)
    expect(Object.keys(document[part]).sort()).toEqual(Object.keys(properties[part].properties).sort());
  expect(validate(whySchema, { ...document, findings: [{ cause: 'x' }] })).not.toEqual([]);
  expect(validate(whySchema, { ...document, verdict: 'perhaps' })).not.toEqual([]);
});
