import { describe, expect, it } from 'vitest';
import type { CommandFinding, Finding, HostReport } from '../../src/model/host-report.js';
import { hostReportJson } from '../../src/output/host-report-json.js';
import { hostReportSchema } from '../../src/output/host-report-schema.js';
import { hostReportText } from '../../src/output/host-report-text.js';
import { validate } from './json-schema.js';

const finding = (more: Partial<Finding> = {}): Finding => ({
  group: 'tracing',
  name: 'tracefs',
  verdict: 'ok',
  text: '/sys/kernel/tracing',
  remedy: null,
  ...more,
});

const command = (more: Partial<CommandFinding> = {}): CommandFinding => ({
  command: 'log',
  verdict: 'ok',
  backends: ['function', 'probe', 'pages'],
  blindSpots: [],
  why: null,
  remedy: null,
  ...more,
});

const report = (more: Partial<HostReport> = {}): HostReport => ({
  kernel: '6.12.1',
  machine: 'x64',
  uid: 0,
  repaired: [],
  findings: [finding()],
  commands: [command()],
  ...more,
});

const text = (more?: Partial<HostReport>, columns: number | null = null, color = false) =>
  hostReportText(report(more), { color, columns });

describe('for people', () => {
  it('is grouped, with the remedy under what fails', () => {
    const findings = [
      finding(),
      finding({ name: 'instance', verdict: 'no', text: 'refused (EPERM)', remedy: 'look into dmesg' }),
      finding({ group: 'host', name: 'lockdown', verdict: 'unknown', text: 'not there' }),
    ];
    const commands = [
      command({ blindSpots: ['the console level'] }),
      command({ command: 'drops', verdict: 'no', backends: [], why: 'no event', remedy: 'another kernel' }),
    ];
    expect(text({ findings, commands, repaired: ['removed an instance'] })).toBe(
      [
        'kwho doctor: Linux 6.12.1 on x64',
        'repaired                              removed an instance',
        '',
        'host',
        'unknown    lockdown                   not there',
        '',
        'tracing',
        'ok         tracefs                    /sys/kernel/tracing',
        'no         instance                   refused (EPERM)',
        '                               remedy look into dmesg',
        '',
        'commands',
        'ok         kwho log                   with function + probe + pages',
        '                               unseen the console level',
        'no         kwho drops                 no event',
        '                               remedy another kernel',
        '',
        'cannot run here: drops; 1 ok, 1 no, 1 unknown',
        '',
      ].join('\n'),
    );
  });

  it('says that all is well', () => {
    expect(text().trimEnd().split('\n').at(-1)).toBe('every command can run here; 1 ok, 0 no, 0 unknown');
  });

  it('says in words what colour says', () => {
    const findings = [finding({ verdict: 'no', remedy: 'x' }), finding({ verdict: 'unknown' })];
    const bare = text({ findings }, null, true).replace(/\x1b\[[\d;]*m/g, '');
    expect(text({ findings }, null, true)).toContain('\x1b[1;31mno');
    expect(bare).toBe(text({ findings }));
  });

  it('fits a terminal', () => {
    const long = 'word '.repeat(60).trim();
    const lines = text({ findings: [finding({ text: long })] }, 80).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.join(' ').match(/word/g)).toHaveLength(60);
  });

  it('lets no byte of the kernel move the cursor', () => {
    const findings = [finding({ text: '\x1b[2J\r evil \xff', remedy: '\x07' })];
    expect(text({ findings })).toContain('\\x1b[2J\\x0d evil \\xff');
  });
});

describe('as JSON', () => {
  const json = (more?: Partial<HostReport>) => JSON.parse(hostReportJson(report(more)));

  it('is what the schema says', () => {
    const findings = [
      finding({ verdict: 'no', remedy: 'x' }),
      finding({ group: 'left behind', verdict: 'unknown' }),
    ];
    const commands = [command({ verdict: 'no', why: 'x', remedy: 'y', blindSpots: ['z'] })];
    for (const more of [{}, { findings, commands, repaired: ['x'], uid: null }])
      expect(validate(hostReportSchema, json(more))).toEqual([]);
  });

  it('the schema refuses something else', () => {
    expect(validate(hostReportSchema, { ...json(), findings: [{ group: 'x' }] })).not.toEqual([]);
  });

  it('bytes that are not UTF-8 are escaped, the others are text', () => {
    const { findings } = json({ findings: [finding({ text: '\xff \xc3\xa9' })] });
    expect(findings[0].text).toBe('\\xff \u00e9');
  });
});
