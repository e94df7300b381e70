import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKlogdLevel, parseSyslogdArgs } from '../../../src/decode/log-config/busybox-args.js';
import { parseJournaldConfig } from '../../../src/decode/log-config/journald-conf.js';
import {
  parseBootOptions,
  parseConsoles,
  parsePrintkLevels,
} from '../../../src/decode/log-config/printk-settings.js';
import { readRsyslog, rsyslogTargets, splitRsyslog } from '../../../src/decode/log-config/rsyslog-conf.js';
import { FACILITIES, parseSelector } from '../../../src/decode/log-config/selector.js';
import { parseSyslogNg } from '../../../src/decode/log-config/syslog-ng-conf.js';
import { DEBIAN_RSYSLOG } from './debian-rsyslog.js';

describe('printk settings', () => {
  it('the four levels', () => {
    expect(parsePrintkLevels('4\t4\t1\t7\n')).toEqual({ console: 4, standard: 4, minimum: 1, boot: 7 });
    expect(parsePrintkLevels('4 4 1')).toBeNull();
    expect(parsePrintkLevels('')).toBeNull();
  });

  it('a real command line', () => {
    const options = parseBootOptions(
      'console=ttyS0,115200n8 quiet panic=-1 loglevel=3 console=tty0 log_buf_len=1M printk.devkmsg=off "systemd.journald.max_level_store=err" -- debug\n',
    );
    expect(options).toEqual({
      quiet: true,
      ignoreLoglevel: false,
      loglevel: 3,
      consoles: ['ttyS0', 'tty0'],
      logBufLen: '1M',
      devkmsg: 'off',
      journaldMaxLevelStore: 'err',
    });
  });

  it('consoles of /proc/consoles', () => {
    expect(
      parseConsoles('ttyS0                -W- (EC  p a)    4:64\ntty0                 -WU (  p  )    4:7\n'),
    ).toEqual([
      { name: 'ttyS0', enabled: true },
      { name: 'tty0', enabled: false },
    ]);
  });
});

describe('journald.conf', () => {
  const read = (...texts: string[]) =>
    parseJournaldConfig(texts.map((text, i) => ({ path: `/${i}.conf`, text })));

  it('nothing said: the defaults', () => {
    expect(read('[Journal]\n#Storage=none\n;ReadKMsg=no\n')).toEqual({
      readKmsg: true,
      storage: 'auto',
      maxLevelStore: 7,
      from: {},
    });
  });

  it('the last fragment wins, an empty value is the default again', () => {
    const config = read(
      '[Journal]\nStorage=none\nReadKMsg=no\nMaxLevelStore=err\n',
      '[Journal]\nStorage=\nReadKMsg = false \n',
    );
    expect(config).toEqual({
      readKmsg: false,
      storage: 'auto',
      maxLevelStore: 3,
      from: { readKmsg: '/1.conf', maxLevelStore: '/0.conf' },
    });
  });

  it('other sections and what journald would not take are passed over', () => {
    expect(
      read('Storage=none\n[Other]\nStorage=none\n[Journal]\nStorage=sometimes\nMaxLevelStore=9\n'),
    ).toEqual({
      readKmsg: true,
      storage: 'auto',
      maxLevelStore: 7,
      from: {},
    });
  });
});

describe('selectors', () => {
  const chosen = (text: string, facility: string) => {
    const bits = parseSelector(text)?.(FACILITIES.indexOf(facility)) ?? -1;
    return [0, 1, 2, 3, 4, 5, 6, 7].filter((level) => (bits >> level) & 1);
  };

  it.each([
    ['kern.*', 'kern', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['kern.*', 'user', []],
    ['*.warn', 'kern', [0, 1, 2, 3, 4]],
    ['*.=info;*.=notice', 'kern', [5, 6]],
    ['*.*;auth,authpriv.none', 'kern', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['*.*;auth,authpriv.none', 'auth', []],
    ['kern.*;kern.!err', 'kern', [4, 5, 6, 7]],
    ['kern.*;kern.!=err', 'kern', [0, 1, 2, 4, 5, 6, 7]],
    ['*.info;mail.none;authpriv.none;cron.none', 'kern', [0, 1, 2, 3, 4, 5, 6]],
  ])('%s of %s', (text, facility, levels) => {
    expect(chosen(text, facility)).toEqual(levels);
  });

  it.each(['kern', '.info', 'nobody.*', 'kern.loud', ':msg,', '/var/log/x', ''])('%s is none', (text) => {
    expect(parseSelector(text)).toBeNull();
  });
});

describe('rsyslog.conf', () => {
  const read = (text: string) =>
    readRsyslog(
      splitRsyslog(text).flatMap((each) =>
        each.kind === 'line' ? [{ line: each.line, source: '/r.conf' }] : [],
      ),
    );
  const files = (text: string, facility: number, level: number) =>
    rsyslogTargets(read(text), facility, level).targets.map((target) =>
      target.kind === 'file' ? target.path : target.kind,
    );

  it("Debian's own", () => {
    const config = read(DEBIAN_RSYSLOG);
    expect(config.inputs).toEqual(['imklog']);
    expect(config.permitsNonKernel).toBe(false);
    expect(rsyslogTargets(config, 0, 6)).toEqual({
      targets: [
        { kind: 'file', path: '/var/log/syslog' },
        { kind: 'file', path: '/var/log/kern.log' },
      ],
      unsure: false,
    });
    expect(files(DEBIAN_RSYSLOG, 1, 6)).toEqual(['/var/log/syslog', '/var/log/user.log']);
    expect(files(DEBIAN_RSYSLOG, 0, 0)).toContain('other');
    expect(splitRsyslog(DEBIAN_RSYSLOG).filter(({ kind }) => kind === 'include')).toEqual([
      { kind: 'include', pattern: '/etc/rsyslog.d/*.conf' },
    ]);
  });

  it.each([
    ['$ModLoad imklog', ['imklog'], false],
    ['module(load="imkmsg" mode="parseKernelTimestamp")', ['imkmsg'], false],
    ['module(load="imklog" PermitNonKernelFacility="on")', ['imklog'], true],
    ['$ModLoad imklog.so\n$KLogPermitNonKernelFacility on', ['imklog'], true],
    ['#module(load="imklog")', [], false],
    ['module(\n  load="imklog"\n  permitnonkernelfacility="on"\n)', ['imklog'], true],
  ])('input: %s', (text, inputs, permits) => {
    expect(read(text)).toMatchObject({ inputs, permitsNonKernel: permits });
  });

  it('actions, forwards, a stop, the same selector again', () => {
    const text = [
      'kern.err action(type="omfile" file="/var/log/err")',
      'kern.* @@log.example:514',
      '& /var/log/both',
      'kern.* stop',
      '*.* -/var/log/never;RSYSLOG_Format',
    ].join('\n');
    expect(files(text, 0, 6)).toEqual(['forward', '/var/log/both']);
    expect(files(text, 0, 3)).toEqual(['/var/log/err', 'forward', '/var/log/both']);
    expect(files(text, 1, 6)).toEqual(['/var/log/never']);
    expect(read(text).rules[1]?.target).toMatchObject({
      kind: 'forward',
      forward: { to: 'log.example:514', transport: 'tcp' },
    });
  });

  it('conditions make it unsure', () => {
    const text =
      'if $programname == "kernel" then /var/log/k\n:msg, contains, "x" /var/log/x\nkern.* /var/log/kern.log';
    expect(rsyslogTargets(read(text), 0, 6)).toEqual({
      targets: [{ kind: 'file', path: '/var/log/kern.log' }],
      unsure: true,
    });
  });
});

describe('BusyBox', () => {
  it.each([
    [[], { file: '/var/log/messages', below: 8, forward: null, buffer: false }],
    [['-n', '-l', '5'], { file: '/var/log/messages', below: 5, forward: null, buffer: false }],
    [['-nl6', '-O/tmp/x'], { file: '/tmp/x', below: 6, forward: null, buffer: false }],
    [['-C128'], { file: null, below: 8, forward: null, buffer: true }],
    [['-C', '-n'], { file: null, below: 8, forward: null, buffer: true }],
    [['-R', 'log:514'], { file: null, below: 8, forward: 'log:514', buffer: false }],
    [['-L', '-R', 'log:514'], { file: '/var/log/messages', below: 8, forward: 'log:514', buffer: false }],
  ])('syslogd %j', (args, expected) => {
    expect(parseSyslogdArgs(args)).toEqual(expected);
  });

  it('klogd -c', () => {
    expect(parseKlogdLevel(['-n', '-c', '4'])).toBe(4);
    expect(parseKlogdLevel(['-n'])).toBeNull();
  });
});

it('syslog-ng: sources and files', () => {
  const text = [
    '# source s_old { file("/proc/kmsg"); };',
    'source s_src { system(); internal(); };',
    'destination d_kern { file("/var/log/kern.log"); };',
    'destination d_host { file("/var/log/$HOST.log"); };',
  ].join('\n');
  expect(parseSyslogNg(text)).toEqual({ readsKernel: true, files: ['/var/log/kern.log'] });
  expect(parseSyslogNg('source s { unix-dgram("/dev/log"); };').readsKernel).toBe(false);
});

it('whatever stands in a file, every parser ends', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      '[Journal]',
      'Storage=',
      '"',
      '\\',
      'module(',
      'kern.* /x',
      '& ',
      'if x then',
      '$ModLoad',
      '-- ',
      '(',
      ')',
    ),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const text = lines.join('\n');
      parseJournaldConfig([{ path: '/x', text }]);
      parseBootOptions(text);
      parseConsoles(text);
      parsePrintkLevels(text);
      parseSyslogNg(text);
      parseSyslogdArgs(lines);
      parseKlogdLevel(lines);
      const config = readRsyslog(
        splitRsyslog(text).flatMap((each) =>
          each.kind === 'line' ? [{ line: each.line, source: '/x' }] : [],
        ),
      );
      for (let level = 0; level < 8; level++) rsyslogTargets(config, 0, level);
    }),
  );
});
