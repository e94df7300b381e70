import { expect, it } from 'vitest';
import type { Verdict } from '../../src/model/why/verdict.js';
import { whyText } from '../../src/output/why-text.js';

const HOSTILE = 'x\x1b[2J\nevil \xff\xe2\x80\xae';

const VERDICT: Verdict = {
  missing: true,
  findings: [
    {
      cause: 'stolen',
      stage: 'collector',
      severity: 'missing',
      certainty: 'certain',
      finding: `2 readers: ${HOSTILE}`,
      evidence: [HOSTILE, 'second'],
      remedy: ['stop one'],
    },
    {
      cause: 'quiet',
      stage: 'console',
      severity: 'note',
      certainty: 'certain',
      finding: 'the console shows little',
      evidence: [],
      remedy: [],
    },
  ],
  hops: [{ hop: HOSTILE, stage: 'ring', state: 'hidden', detail: HOSTILE }],
  inOrder: [],
  notChecked: [HOSTILE],
};

it('a verdict on a screen', () => {
  const text = whyText(
    VERDICT,
    [{ hop: 'ring', stage: 'ring', state: 'lost', delay: 3.21, detail: HOSTILE }],
    { color: false, columns: null },
  );
  expect(text).toBe(
    [
      'messages are missing: 1 reason, 1 thing to know',
      '',
      '  hidden     x\\x1b[2J\\x0aevil \\xff\\xe2\\x80\\xae  x\\x1b[2J\\x0aevil \\xff\\xe2\\x80\\xae',
      '',
      '  LOST          3.2 ms  ring  x\\x1b[2J\\x0aevil \\xff\\xe2\\x80\\xae',
      '',
      '1. missing   2 readers: x\\x1b[2J\\x0aevil \\xff\\xe2\\x80\\xae',
      '              evidence x\\x1b[2J\\x0aevil \\xff\\xe2\\x80\\xae',
      '                       second',
      '              remedy   stop one',
      '              cause    stolen (certain)',
      '',
      '2. note      the console shows little',
      '              cause    quiet (certain)',
      '',
      'not checked',
      '  x\\x1b[2J\\x0aevil \\xff\\xe2\\x80\\xae',
      '',
    ].join('\n'),
  );
});

it('nothing but what is worth knowing', () => {
  const { findings } = VERDICT;
  const text = whyText(
    { missing: false, findings: findings.slice(1), hops: [], inOrder: ['all is well'], notChecked: [] },
    null,
    { color: false, columns: null },
  );
  expect(text.split('\n').slice(0, 2)).toEqual(['nothing is missing; 1 thing to know', '  all is well']);
});
