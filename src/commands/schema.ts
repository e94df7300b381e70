import { openStandardOutput } from '../output/channel.js';
import { eventSchema } from '../output/event-schema.js';
import { hostReportSchema } from '../output/host-report-schema.js';
import { whySchema } from '../output/why-schema.js';
import type { Command } from './command.js';
import { parseChoice } from './option-values.js';

export const schema: Command = {
  name: 'schema',
  summary: 'the JSON Schema of what --json prints',
  argument: 'WHAT',
  options: {},
  examples: [
    {
      line: 'kwho schema > kwho-event.schema.json',
      what: 'of the lines of log, drops, record and top, for a validator',
    },
    { line: 'kwho schema doctor', what: 'of the document of kwho doctor' },
    { line: 'kwho schema why', what: 'of the document of kwho why' },
  ],
  async run({ WHAT = 'events' }) {
    const wanted = parseChoice(Object.keys(SCHEMAS))(String(WHAT), 'kwho schema');
    const out = openStandardOutput();
    out.write(`${JSON.stringify(SCHEMAS[wanted as keyof typeof SCHEMAS], null, 2)}\n`);
    await out.drain(5000);
    return 0;
  },
};

const SCHEMAS = { events: eventSchema, doctor: hostReportSchema, why: whySchema };
