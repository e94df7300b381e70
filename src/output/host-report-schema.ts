import { FINDING_GROUPS } from '../model/host-report.js';
import { HOST_REPORT_VERSION } from './host-report-json.js';

const TEXT = { type: 'string' };
const WORDS = { anyOf: [TEXT, { type: 'null' }] };
const TEXTS = { type: 'array', items: TEXT };
const VERDICT = {
  description:
    'ok: it is there and works; no: it is not, remedy says what to do; unknown: it could not be tried.',
  enum: ['ok', 'no', 'unknown'],
};

/** JSON Schema (2020-12) of what `kwho doctor --json` prints. */
export const hostReportSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `urn:kwho:host-report:${HOST_REPORT_VERSION}`,
  title: 'kwho doctor',
  description:
    'What a host can do. In strings, bytes that are not UTF-8 appear as \\xNN. Fields may be added.',
  ...object({
    v: { const: HOST_REPORT_VERSION },
    type: { const: 'host-report' },
    kernel: { ...TEXT, description: 'As uname -r has it.' },
    machine: { ...TEXT, description: 'As Node names it: x64.' },
    uid: { anyOf: [{ type: 'integer' }, { type: 'null' }], description: 'Effective user.' },
    repaired: { ...TEXTS, description: 'What --repair did, a sentence each.' },
    findings: {
      description: 'One thing each that was looked at or tried.',
      type: 'array',
      items: object({
        group: { enum: [...FINDING_GROUPS] },
        name: TEXT,
        verdict: VERDICT,
        text: TEXT,
        remedy: { ...WORDS, description: 'Never null where the verdict is no.' },
      }),
    },
    commands: {
      description: 'Every command that needs something of the host.',
      type: 'array',
      items: object({
        command: TEXT,
        verdict: VERDICT,
        backends: { ...TEXTS, description: 'The means that it would use, as in the summary of its run.' },
        blindSpots: { ...TEXTS, description: 'What it would not see, as in the summary of its run.' },
        why: { ...WORDS, description: 'Why it cannot run, or with less than it might.' },
        remedy: WORDS,
      }),
    },
  }),
};

function object(properties: Record<string, object>) {
  return { type: 'object', properties, required: Object.keys(properties) };
}
