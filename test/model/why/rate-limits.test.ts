import { expect, it } from 'vitest';
import type { LimitCount } from '../../../src/model/rate-limits.js';
import { rateLimitFindings } from '../../../src/model/why/rate-limits.js';

function count(parts: Partial<LimitCount>): LimitCount {
  return {
    limit: 'net_ratelimit',
    name: 'martian',
    writer: false,
    tid: 12,
    asked: 40,
    refused: 30,
    lastRefused: 9.5,
    ...parts,
  };
}

it('the kernel and the writers of /dev/kmsg, apart, each with who asked', () => {
  expect(
    rateLimitFindings([
      count({}),
      count({ limit: 'devkmsg_write', name: 'perl', writer: true, asked: 20, refused: 1 }),
    ]),
  ).toMatchObject([
    {
      cause: 'ratelimited-live',
      stage: 'emit',
      severity: 'missing',
      finding: '30 messages of the kernel were held back by rate limits while the log was watched',
      evidence: ['martian() by net_ratelimit(): 30 of 40 held back, the last at 9.500000 s'],
    },
    {
      cause: 'devkmsg-ratelimited-live',
      finding: '1 write to /dev/kmsg was swallowed by its rate limit while the log was watched',
      evidence: [expect.stringMatching(/^perl\[12\]: 1 of 20 held back/)],
    },
  ]);
});

it('limits that let everything through are nothing', () => {
  expect(rateLimitFindings([count({ refused: 0, lastRefused: null })])).toEqual([]);
});

it('what is not listed is counted', () => {
  const many = Array.from({ length: 12 }, (_, i) => count({ name: `f${i}`, refused: 2 }));
  const [finding] = rateLimitFindings(many);
  expect(finding?.finding).toContain('24 messages');
  expect(finding?.evidence.at(-1)).toBe('4 more of 2 others');
});
