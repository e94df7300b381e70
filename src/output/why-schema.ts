import { SCHEMA_VERSION } from '../model/events.js';

const TEXT = { type: 'string' };
const TEXTS = { type: 'array', items: TEXT };
const FLAG = { type: 'boolean' };
const INTEGER = { type: 'integer' };
const SECONDS = { type: 'number', description: 'Seconds on the clock that printk stamps with.' };
const STAGE = {
  description:
    'Where on its way a message ends: not printed, not in the ring, not shown by dmesg, not collected, or only not on the console.',
  enum: ['emit', 'ring', 'dmesg', 'collector', 'console'],
};
const MARK = object({ seq: { ...INTEGER, description: 'Sequence number of /dev/kmsg.' }, time: SECONDS });

const MESSAGE = object({
  seq: nullable({ ...INTEGER, description: 'Sequence number of /dev/kmsg; syslog(2) tells none.' }),
  time: SECONDS,
});

const FINDING = object(
  {
    cause: { ...TEXT, description: 'Stable: lower-case words joined by -.' },
    stage: STAGE,
    severity: {
      description:
        'missing: messages are gone, hidden or not taken; risk: they will be; note: it explains what someone may miss.',
      enum: ['missing', 'risk', 'note'],
    },
    certainty: { enum: ['certain', 'likely', 'possible'] },
    finding: TEXT,
    evidence: { ...TEXTS, description: 'File and value, sequence numbers, counters, processes.' },
    remedy: TEXTS,
    sought: { const: true, description: 'It was found by the message sought itself.' },
  },
  'sought',
);

/** Where the message sought is, or a marker came to. */
const HOP = object({
  hop: TEXT,
  stage: STAGE,
  state: { enum: ['present', 'hidden', 'absent', 'unknown'] },
  detail: TEXT,
});
const CANARY_HOP = object({
  hop: TEXT,
  stage: STAGE,
  state: {
    description: 'skipped: it cannot be asked, or nobody runs there.',
    enum: ['arrived', 'lost', 'skipped'],
  },
  delay: nullable({ type: 'number', description: 'Milliseconds since the write.' }),
  detail: TEXT,
});

const RING = {
  ...object({
    door: {
      description:
        'What it was read through: syslog(2) shows no sequence numbers and nothing that a clear hides.',
      enum: ['/dev/kmsg', 'syslog', null],
    },
    error: nullable({
      ...TEXT,
      description: "errno's name where /dev/kmsg cannot be read: little of the rest is known then.",
    }),
    first: nullable(MARK),
    last: nullable(MARK),
    records: INTEGER,
    missing: { ...INTEGER, description: 'Sequence numbers missing between records.' },
    hidden: { ...INTEGER, description: 'Records that a clear hides from dmesg.' },
    hiddenUntil: nullable(SECONDS),
    visibleFrom: nullable({ ...INTEGER, description: 'The first sequence number that dmesg shows.' }),
    hiddenUnknown: nullable({
      ...TEXT,
      description: 'Why it could not be told whether the log was cleared.',
    }),
    size: nullable({ ...INTEGER, description: 'Bytes of the ring.' }),
    unread: nullable({ ...INTEGER, description: 'Bytes that nobody has taken from /proc/kmsg.' }),
    recent: {
      ...object({ seconds: { type: 'number' }, records: INTEGER, bytes: INTEGER }),
      description: 'What came within the last minute.',
    },
    suppressed: {
      description: 'Records in which the kernel says that it left others out.',
      type: 'array',
      items: object({
        ...MESSAGE.properties,
        kind: { enum: ['callbacks', 'writer', 'audit'] },
        name: TEXT,
        count: nullable(INTEGER),
      }),
    },
    cut: { description: 'Messages as long as a record can be.', type: 'array', items: MESSAGE },
    matches: {
      description: 'Records that have the text sought; the newest twenty.',
      type: 'array',
      items: object({ ...MESSAGE.properties, level: INTEGER, facility: INTEGER, text: TEXT }),
    },
    matchCount: INTEGER,
  }),
  description: 'The ring as it was read once.',
};

const SETTINGS = object({
  levels: nullable(object({ console: INTEGER, standard: INTEGER, minimum: INTEGER, boot: INTEGER })),
  devkmsg: nullable({ ...TEXT, description: 'kernel.printk_devkmsg' }),
  dmesgRestrict: nullable(INTEGER),
  ratelimitBurst: nullable(INTEGER),
  netMessageBurst: nullable(INTEGER),
  ignoreLoglevel: nullable(FLAG),
  boot: nullable(
    object({
      quiet: FLAG,
      ignoreLoglevel: FLAG,
      loglevel: nullable(INTEGER),
      consoles: TEXTS,
      logBufLen: nullable(TEXT),
      devkmsg: nullable(TEXT),
      journaldMaxLevelStore: nullable(TEXT),
    }),
  ),
  consoles: nullable({ type: 'array', items: object({ name: TEXT, enabled: FLAG }) }),
});

const RIGHTS = object({
  uid: INTEGER,
  capSyslog: nullable(FLAG),
  seccomp: nullable({ ...INTEGER, description: 'The mode of seccomp(2): 2 is a filter.' }),
  container: nullable(TEXT),
  device: { enum: ['device', 'missing', 'no-device', 'unknown'] },
  open: nullable({ ...TEXT, description: "errno's name of opening /dev/kmsg." }),
  syslog: nullable({
    ...TEXT,
    description: "errno's name of syslog(2), or unknown where nothing could call it.",
  }),
});

/** JSON Schema (2020-12) of what `kwho why --json` prints. */
export const whySchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:kwho:why:${SCHEMA_VERSION}`,
  title: 'kwho why',
  description:
    'Why messages are missing from the kernel log. null is not known. In strings, bytes that are not UTF-8 appear as \\xNN. Fields may be added.',
  ...object(
    {
      v: { const: SCHEMA_VERSION },
      type: { const: 'why' },
      verdict: { enum: ['missing', 'nothing-missing'] },
      findings: { description: 'Likeliest first.', type: 'array', items: FINDING },
      hops: { description: 'Where the message sought is; absent where none was.', type: 'array', items: HOP },
      inOrder: { ...TEXTS, description: 'What was looked at and found in order.' },
      notChecked: { ...TEXTS, description: 'What could not be looked at.' },
      canary: {
        ...object({ marker: TEXT, level: INTEGER, hops: { type: 'array', items: CANARY_HOP } }),
        description: 'With --canary: the marker and what became of it.',
      },
      rateLimits: {
        ...nullable({
          type: 'array',
          items: object({
            limit: {
              description: 'What was asked; ___ratelimit stands for all of them where it can be probed.',
              enum: ['___ratelimit', '__printk_ratelimit', 'net_ratelimit', 'devkmsg_write'],
            },
            name: nullable({ ...TEXT, description: 'The function that asked; of a writer its process.' }),
            writer: { ...FLAG, description: 'A program that writes to /dev/kmsg.' },
            tid: {
              ...INTEGER,
              description: 'The thread that was running, as the initial pid namespace numbers it.',
            },
            asked: INTEGER,
            refused: { ...INTEGER, description: 'How often nothing was to be printed.' },
            lastRefused: nullable(SECONDS),
          }),
        }),
        description:
          'With --watch: who asked the rate limits that can be probed, and how often they refused; null where none can.',
      },
      now: SECONDS,
      since: nullable({ ...SECONDS, description: 'Nothing before it was asked about.' }),
      ring: RING,
      settings: SETTINGS,
      rights: RIGHTS,
      readers: {
        description: 'Who has the log open or waits in syslog(2) for it.',
        type: 'array',
        items: object({
          pid: INTEGER,
          comm: TEXT,
          cmdline: nullable(TEXTS),
          door: { enum: ['/dev/kmsg', '/proc/kmsg', 'syslog'] },
        }),
      },
    },
    ...['hops', 'canary', 'rateLimits'],
  ),
};

function object<P extends Record<string, object>>(properties: P, ...optional: string[]) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required };
}

function nullable(schema: object) {
  return { anyOf: [schema, { type: 'null' }] };
}
