import { openStandardOutput } from '../output/channel.js';
import { eventSchema } from '../output/event-schema.js';
import type { Command } from './command.js';

export const schema: Command = {
  name: 'schema',
  summary: 'the JSON Schema of what --json prints',
  options: {},
  examples: [{ line: 'kwho schema > kwho-event.schema.json', what: 'for a validator' }],
  async run() {
    const out = openStandardOutput();
    out.write(`${JSON.stringify(eventSchema, null, 2)}\n`);
    await out.drain(5000);
    return 0;
  },
};
