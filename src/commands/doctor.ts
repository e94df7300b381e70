import type { Command } from './command.js';
import { runDoctor } from './doctor/doctor-run.js';

export const doctor: Command = {
  name: 'doctor',
  summary:
    'what this host can do and why not: tracing, the log, SystemTap; each tried for real and taken back',
  options: {
    repair: { help: 'remove what dead runs of kwho left in the kernel, and say what it was' },
    json: { short: 'j', help: 'one JSON document; kwho schema doctor describes it' },
  },
  examples: [
    {
      line: 'kwho doctor',
      what: 'exit status 0: every command can run; 1: one of them cannot, see its remedy',
    },
    { line: 'kwho doctor --repair', what: 'after a kwho was killed with SIGKILL' },
    { line: "kwho doctor --json | jq '.commands[] | {command, verdict, backends}'", what: 'for a script' },
  ],
  run: (values) => runDoctor({ json: values.json === true, repair: values.repair === true }),
};
