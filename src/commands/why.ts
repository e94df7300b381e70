import { LEVEL_NAMES } from '../decode/log-levels.js';
import type { Command } from './command.js';
import { parseChoice, parseDuration } from './option-values.js';
import { runWhy } from './why/run.js';
import { parseSince } from './why/since.js';

export const why: Command = {
  name: 'why',
  summary: 'why a message is not in the log: every cause that can be told, likeliest first',
  argument: 'TEXT',
  options: {
    since: {
      value: 'WHEN',
      parse: parseSince,
      help: 'only what happened since: 10m ago (10m, 2h), or a time (14:05, 2026-01-31T14:05:00)',
    },
    canary: { help: 'write a marker to /dev/kmsg and follow it through every hop' },
    level: {
      value: 'LEVEL',
      parse: parseChoice(LEVEL_NAMES),
      help: `level of the marker: ${LEVEL_NAMES.join(', ')} (default info)`,
    },
    wait: {
      value: 'TIME',
      parse: parseDuration,
      help: 'follow the marker for at most this long (default 5s)',
    },
    watch: {
      value: 'TIME',
      parse: parseDuration,
      help: 'look on for this long: who reads, steals or clears, whom rate limits hold back; needs root',
    },
    json: { short: 'j', help: 'one JSON document; kwho schema why describes it' },
    'ready-file': { value: 'FILE', help: 'create this file once --watch looks on' },
  },
  examples: [
    { line: 'kwho why', what: 'is anything missing from the kernel log of this host, and why' },
    { line: "kwho why 'link is down' --since 1h", what: 'where this message is, and where it is not' },
    { line: 'kwho why --canary --level warn', what: 'which hop loses a message, and how long each takes' },
    { line: 'kwho why --watch 60s', what: 'and who clears or takes messages within the next minute' },
  ],
  status: '0 nothing is missing, 1 messages are missing; 2, 69, 77 as for every command.',
  run(values) {
    const text = values.TEXT as string | undefined;
    return runWhy({
      text: text === undefined || text === '' ? null : Buffer.from(text, 'utf8').toString('latin1'),
      since: (values.since as number | undefined) ?? null,
      canary: values.canary === true,
      level: LEVEL_NAMES.indexOf((values.level as LevelName | undefined) ?? 'info'),
      waitMs: (values.wait as number | undefined) ?? CANARY_MS,
      watchMs: (values.watch as number | undefined) ?? null,
      json: values.json === true,
      readyFile: (values['ready-file'] as string | undefined) ?? null,
    });
  },
};

type LevelName = (typeof LEVEL_NAMES)[number];

const CANARY_MS = 5000;
