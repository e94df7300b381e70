// The program that is measured: decodes the file and takes every field of every record into one checksum.
//   node decode.mjs DIST FILE [check]
// With `check` every byte of every string counts, not only its length.
import { openSync, readSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { probeFormats } from './generate.mjs';

const [dist, path, mode] = process.argv.slice(2);
const { collectAlone } = await import(pathToFileURL(`${dist}/commands/collect-alone.js`).href);
const { TraceTextDecoder } = await import(pathToFileURL(`${dist}/decode/trace-text.js`).href);
const { parseEventFormat } = await import(pathToFileURL(`${dist}/decode/event-format.js`).href);

collectAlone();
// Variables of a module that hold fractions or large numbers cost an allocation each time they change; a typed array
// does not.
const sums = new Float64Array(2);
const NUMBERS = 0;
const TIMES = 1;
let functions = 0;
let events = 0;
let stacks = 0;
let lost = 0;
let malformed = 0;
let text = 0;
const add = mode === 'check' ? everyByte : lengths;

const decoder = new TraceTextDecoder({ emit, formats: probeFormats.map(parseEventFormat) });
const fd = openSync(path, 'r');
for (;;) {
  const space = decoder.space();
  const n = readSync(fd, space, 0, space.length, null);
  if (n === 0) break;
  decoder.filled(n);
}
decoder.end();
console.log(
  `functions ${functions} events ${events} stacks ${stacks} lost ${lost} malformed ${malformed} numbers ${BigInt(sums[NUMBERS])} times ${BigInt(sums[TIMES])} text ${text >>> 0}`,
);

function emit(record) {
  switch (record.kind) {
    case 'function':
      functions += 1;
      head(record);
      add(record.symbol);
      add(record.parent);
      break;
    case 'event':
      events += 1;
      head(record);
      add(record.name);
      sum(record.name, record.fields);
      break;
    case 'stack':
      stacks += 1;
      break;
    case 'lost':
      lost += 1;
      sums[NUMBERS] += record.cpu + record.count;
      break;
    default:
      malformed += 1;
  }
}

function head(record) {
  sums[TIMES] += record.time;
  sums[NUMBERS] += record.cpu + record.tid;
  add(record.comm);
}

function sum(name, fields) {
  switch (name) {
    case 'sys_enter_syslog':
      sums[NUMBERS] += fields.type + fields.buf + fields.len;
      break;
    case 'sys_exit_syslog':
    case 'do_syslog_ret':
      sums[NUMBERS] += fields.ret;
      break;
    case 'do_syslog':
      sums[NUMBERS] += fields.type + fields.source;
      break;
    case 'task_newtask':
      sums[NUMBERS] += fields.pid + fields.clone_flags + fields.oom_score_adj;
      add(fields.comm);
      break;
    case 'sched_process_exec':
      sums[NUMBERS] += fields.pid + fields.old_pid;
      add(fields.filename);
      break;
    case 'sched_process_exit':
      sums[NUMBERS] += fields.pid + fields.prio;
      add(fields.comm);
      break;
    case 'task_rename':
      sums[NUMBERS] += fields.pid + fields.oom_score_adj;
      add(fields.oldcomm);
      add(fields.newcomm);
      break;
    case 'exec':
      add(fields.f);
      add(fields.a0);
      add(fields.a1);
      add(fields.a2);
      add(fields.a3);
      break;
    default:
      malformed += 1;
  }
}

function lengths(string) {
  text = (text + (string === null ? 1 : string.length * 16)) | 0;
}

function everyByte(string) {
  if (string === null) {
    text = (text + 1) | 0;
    return;
  }
  for (let at = 0; at < string.length; at++) text = (Math.imul(text, 31) + string.charCodeAt(at)) | 0;
}
