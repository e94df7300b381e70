import { expect, it } from 'vitest';
import type { LostEvent } from '../../src/model/events.js';
import { lostWords } from '../../src/output/lost-words.js';

function lost(change: Partial<LostEvent>): LostEvent {
  return {
    ...{ type: 'lost', time: null, backend: 'function', where: 'ring', cpu: null, what: 'events' },
    count: null,
    ...change,
  };
}

it('says how many of what', () => {
  expect(lostWords(lost({ count: 1234 }))).toBe('1,234 events');
  expect(lostWords(lost({}))).toBe('an unknown number of events');
});

it('says of a recording what is the matter with it', () => {
  const what = 'the recording is damaged at byte 5';
  expect(lostWords(lost({ where: 'recording', what }))).toBe(what);
});

it('lets no byte of a recording onto the terminal', () => {
  const what = Buffer.from('there is no \x1b[2J\n\u009b31m on the log side').toString('latin1');
  expect(lostWords(lost({ where: 'recording', what }))).toBe(
    String.raw`there is no \x1b[2J\x0a\xc2\x9b31m on the log side`,
  );
});
