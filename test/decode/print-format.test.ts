import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteStrings } from '../../src/decode/byte-strings.js';
import { type EventFormat, parseEventFormat } from '../../src/decode/event-format.js';
import { numberReader } from '../../src/decode/number-reader.js';
import { printedLayout } from '../../src/decode/print-format.js';
import { PrintedEvent } from '../../src/decode/printed-event.js';
import { TextWindow } from '../../src/decode/text-window.js';
import type { Fields } from '../../src/decode/trace-record.js';

const KERNELS = ['5.10', '6.1', '6.12', '7.2'];

describe('the kernels’ own formats', () => {
  it.each(KERNELS)('%s: task_newtask', (kernel) => {
    const format = formatOf(`${kernel}/format-task-task_newtask.txt`);
    expect(read(format, 'pid=145 comm=my name clone_flags=1200011 oom_score_adj=-17')).toEqual({
      pid: 145,
      comm: 'my name',
      clone_flags: 0x1200011,
      oom_score_adj: -17,
    });
  });

  it.each(KERNELS)('%s: sched_process_fork', (kernel) => {
    const format = formatOf(`${kernel}/format-sched-sched_process_fork.txt`);
    expect(read(format, 'comm=bash pid=111 child_comm=bash child_pid=112')).toEqual({
      parent_comm: 'bash',
      parent_pid: 111,
      child_comm: 'bash',
      child_pid: 112,
    });
  });

  it('7.2: a truth value', () => {
    const format = formatOf('7.2/format-sched-sched_process_exit.txt');
    const fields = { comm: 'x', pid: 1, prio: 120 };
    expect(read(format, 'comm=x pid=1 prio=120 group_dead=true')).toEqual({ ...fields, group_dead: 1 });
    expect(read(format, 'comm=x pid=1 prio=120 group_dead=false')).toEqual({ ...fields, group_dead: 0 });
    expect(read(format, 'comm=x pid=1 prio=120 group_dead=maybe')).toBeNull();
  });

  it.each(['6.12', '7.2'])('%s: words for numbers, a place with a module', (kernel) => {
    const format = formatOf(`${kernel}/format-skb-kfree_skb.txt`);
    const text =
      'skbaddr=00000000ed70a991 rx_sk=0000000000000000 protocol=2048 location=nft_do_chain+0x4c3/0x7d0 [nf_tables]';
    expect(read(format, `${text} reason: NO_SOCKET`)).toEqual({
      skbaddr: 0xed70a991,
      location: 'nft_do_chain+0x4c3/0x7d0 [nf_tables]',
      rx_sk: 0,
      protocol: 2048,
      reason: 3,
    });
    expect(read(format, `${text} reason: 0x40001`)).toMatchObject({ reason: 0x40001 });
    expect(read(format, `${text} reason: NONSENSE`)).toBeNull();
  });

  it.each(KERNELS)('%s: system calls, with and without 0x and user memory', (kernel) => {
    const enter = formatOf(`${kernel}/format-syscalls-sys_enter_syslog.txt`);
    expect(read(enter, 'type: a, buf: 7f8dbc02a010, len: 20008)')).toEqual({
      type: 10,
      buf: 0x7f8dbc02a010,
      len: 0x20008,
    });
    expect(read(enter, 'type: 0xa, buf: 0x1 "say "hi", len: 0", len: 0x8)')).toEqual({
      type: 10,
      buf: 1,
      len: 8,
    });
    const exit = formatOf(`${kernel}/format-syscalls-sys_exit_syslog.txt`);
    expect(read(exit, '0xffffffffffffffff')).toEqual({ ret: -1 });
    expect(read(exit, '0x20000')).toEqual({ ret: 131072 });
  });

  it('raw system calls: an array', () => {
    const format = formatOf('6.12/format-raw_syscalls-sys_enter.txt');
    expect(read(format, 'NR 103 (5, 0, ffffffffffffffff, 5, a, 2)')).toEqual({
      id: 103,
      args: [5, 0, 0xffffffffffffffffn, 5, 10, 2],
    });
  });

  it('probes: strings, faults, return values, arrays of strings', () => {
    const exec = formatOf('6.12/capture-log/formats/kt-exec.format');
    expect(read(exec, ' f="/usr/bin/dmesg" a0="dmesg" a1="-C" a2=(fault)')).toEqual({
      f: '/usr/bin/dmesg',
      a0: 'dmesg',
      a1: '-C',
      a2: null,
    });
    expect(read(exec, ' f="(fault)" a0="a" a1="b" a1="c" a2="\xff"')).toEqual({
      f: '(fault)',
      a0: 'a',
      a1: 'b" a1="c',
      a2: '\xff',
    });
    const ret = formatOf('6.12/capture-log/formats/kt-syslog_ret.format');
    expect(read(ret, ' ret=-1')).toEqual({ ret: -1 });
    const list = made(
      '__data_loc char[] a[2]',
      8,
      1,
      '"(%lx) a={\\"%s\\",\\"%s\\"}", REC->__probe_ip, __get_str(a[0]), __get_str(a[1])',
    );
    expect(printedLayout(list)).toMatchObject({ place: true, fields: [{ name: 'a', length: 2 }] });
    expect(read(list, ' a={"x",(fault)}')).toEqual({ a: ['x', null] });
  });
});

describe('what print formats consist of', () => {
  it('sizes and signs', () => {
    expect(read(made('int v', 4, 1, '"%x", REC->v'), 'ffffffff')).toEqual({ v: -1 });
    expect(read(made('unsigned int v', 4, 0, '"%d", REC->v'), '-1')).toEqual({ v: 4294967295 });
    expect(read(made('u8 v', 1, 0, '"%d", REC->v'), '-1')).toEqual({ v: 255 });
    expect(read(made('s8 v', 1, 1, '"%u", REC->v'), '200')).toEqual({ v: -56 });
    expect(read(made('u64 v', 8, 0, '"%llu", REC->v'), '18446744073709551615')).toEqual({
      v: 2n ** 64n - 1n,
    });
    expect(read(made('s64 v', 8, 1, '"%lld", REC->v'), '-9223372036854775808')).toEqual({ v: -(2n ** 63n) });
    expect(read(made('u64 v', 8, 0, '"%llu", REC->v'), '9007199254740991')).toEqual({ v: 2 ** 53 - 1 });
    expect(read(made('u64 v', 8, 0, '"%#llx", REC->v'), '0x1f')).toEqual({ v: 31 });
    expect(read(made('int v', 4, 1, '"%5d%%", REC->v'), '   -7%')).toEqual({ v: -7 });
  });

  it('flags, characters, casts, text that is no field', () => {
    const flags = made(
      'unsigned long v',
      8,
      0,
      '"%s", __print_flags(REC->v, "|", { 1, "A" }, { (2), "B" }, { 0x10UL, "C" })',
    );
    expect(read(flags, 'A|C')).toEqual({ v: 17 });
    expect(read(flags, 'B|0x100')).toEqual({ v: 258 });
    expect(read(flags, 'A|D')).toBeNull();
    expect(read(made('char v', 1, 0, '"\'%c\'", REC->v'), "'x'")).toEqual({ v: 120 });
    expect(
      read(made('int v', 4, 1, '"a %d" " b=%s c", ((int)(REC->v)), show(REC->v, "x,)")'), 'a 5 b=anything c'),
    ).toEqual({ v: 5 });
    expect(
      read(
        made('int v', 4, 1, '"dev %d:%d v=%d", (REC->dev >> 20), (REC->dev & 255), REC->v'),
        'dev 8:1 v=2',
      ),
    ).toEqual({ v: 2 });
    expect(printedLayout(made('int v', 4, 1, 'REC->v'))).toBeNull();
  });
});

describe('search', () => {
  const format = formatOf('6.12/capture-log/formats/kt-exec.format');

  it('reads what match reads, the same', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'b', '"', ' ', '=', '0', '(', ')', '\xff', ' a1="', '(fault)'),
      maxLength: 12,
    });
    const value = fc.option(word, { nil: null });
    fc.assert(
      fc.property(value, value, value, value, (f, a0, a1, a2) => {
        const text = Object.entries({ f, a0, a1, a2 })
          .map(([name, each]) => ` ${name}=${each === null ? '(fault)' : `"${each}"`}`)
          .join('');
        const { matched, searched } = readBoth(format, text);
        expect(searched).not.toBeNull();
        if (matched !== null) expect(matched).toEqual(searched);
        // Strings that do not look like what follows them come back as they were.
        if (![f, a0, a1, a2].some((each) => each?.includes(' a1="')))
          expect(searched).toEqual({ f, a0, a1, a2 });
      }),
    );
  });

  it('numbers, too', () => {
    const newtask = formatOf('6.12/format-task-task_newtask.txt');
    const name = fc.string({ unit: fc.constantFrom('a', ' ', ' clone_flags=', '1', '='), maxLength: 4 });
    fc.assert(
      fc.property(
        fc.integer(),
        name,
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.integer({ min: -1000, max: 1000 }),
        (pid, comm, flags, adj) => {
          fc.pre(comm.length < 16);
          const text = `pid=${pid} comm=${comm} clone_flags=${flags.toString(16)} oom_score_adj=${adj}`;
          const { matched, searched } = readBoth(newtask, text);
          const clone_flags = flags > BigInt(Number.MAX_SAFE_INTEGER) ? flags : Number(flags);
          expect(searched).toEqual({ pid, comm, clone_flags, oom_score_adj: adj });
          if (matched !== null) expect(matched).toEqual(searched);
        },
      ),
    );
  });

  it('takes time that grows with the text, not with its readings', () => {
    const text = ` f="${'" a0="" a1="" a2="'.repeat(450)}x`;
    const started = process.cpuUsage();
    expect(readBoth(format, text).searched).toBeNull();
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000);
  });
});

function read(format: EventFormat, text: string): Fields | null {
  const { matched, searched } = readBoth(format, text);
  if (matched !== null) expect(matched).toEqual(searched);
  return searched;
}

/** Both readings, each of the whole text or nothing. */
function readBoth(format: EventFormat, text: string): { matched: Fields | null; searched: Fields | null } {
  const layout = printedLayout(format);
  if (layout === null) throw new Error(`no layout for ${format.printFormat}`);
  const window = new TextWindow(64 * 1024);
  const length = window.bytes.write(`${text}\n`, 'latin1');
  window.extend(length);
  const printed = new PrintedEvent(layout, {
    window,
    numbers: numberReader(window),
    strings: new ByteStrings(),
  });
  const matched = printed.match(0);
  if (matched !== null) expect(window.position).toBe(length);
  const searched = printed.search(window, 0, length);
  if (searched !== null) expect(window.position).toBe(length);
  return { matched, searched };
}

function formatOf(name: string): EventFormat {
  return parseEventFormat(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'latin1'));
}

/** A format with one field. */
function made(field: string, size: number, signed: number, print: string): EventFormat {
  const probe = print.includes('__probe_ip')
    ? '\tfield:unsigned long __probe_ip;\toffset:8;\tsize:8;\tsigned:0;\n'
    : '';
  return parseEventFormat(
    `name: made\nID: 1\nformat:\n\n${probe}\tfield:${field};\toffset:16;\tsize:${size};\tsigned:${signed};\n\nprint fmt: ${print}\n`,
  );
}
