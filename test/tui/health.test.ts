import { expect, it } from 'vitest';
import type { LostEvent, NoticeEvent, SummaryEvent } from '../../src/model/events.js';
import { HealthAccount } from '../../src/tui/health.js';
import { accessEvent } from '../model/events.js';

const notice: NoticeEvent = {
  type: 'notice',
  time: null,
  backend: 'kwho',
  level: 'info',
  code: 'started',
  text: '',
  hint: null,
};
const lost: LostEvent = {
  type: 'lost',
  time: null,
  backend: 'x',
  where: 'ring',
  count: 5,
  cpu: null,
  what: 'y',
};
const summary: SummaryEvent = {
  type: 'summary',
  time: null,
  backend: 'hist',
  seen: 1,
  lost: 0,
  complete: true,
  backends: ['hist', 'fields'],
  blindSpots: ['something'],
};

it('has ended when every side that has started has its summary', () => {
  const account = new HealthAccount();
  const ended = () => account.picture(0).ended;
  expect(ended()).toBe(false);
  account.notice(notice);
  account.notice(notice);
  account.summary(summary);
  expect(ended()).toBe(false);
  account.summary({ ...summary, backends: ['function'] });
  expect(ended()).toBe(true);
  expect(account.picture(0)).toMatchObject({
    backends: ['hist', 'fields', 'function'],
    blindSpots: ['something'],
  });
});

it('has ended with the only summary, or when it is said', () => {
  const [one, other] = [new HealthAccount(), new HealthAccount()];
  one.summary(summary);
  other.notice(notice);
  other.finish();
  expect([one.picture(0).ended, other.picture(0).ended]).toEqual([true, true]);
});

it('names who tells something before a summary does, and what it is told', () => {
  const account = new HealthAccount();
  account.sources(['stated'], ['spot']);
  account.teller(accessEvent({ backend: 'function' }));
  account.teller(notice);
  expect(account.picture(0)).toMatchObject({ backends: ['stated', 'function'], blindSpots: ['spot'] });
});

it('adds up what was lost; the end of the account is the summary', () => {
  const account = new HealthAccount();
  account.lost(lost);
  account.lost({ ...lost, count: 2 });
  expect(account.picture(0).lost).toBe(7);
  account.lost({ ...lost, count: null });
  expect(account.picture(0).lost).toBeNull();
  account.summary({ ...summary, lost: 12 });
  expect(account.picture(0).lost).toBe(12);
});

it('what a clear hides is known until the next one', () => {
  const account = new HealthAccount();
  const hidden = () => account.picture(0).hidden;
  expect(hidden()).toBeNull();
  account.notice({ ...notice, code: 'log-cleared', details: { hidden: 40 } });
  expect(hidden()).toBe(40);
  account.access(accessEvent({ effect: 'reads', action: 'READ_ALL' }));
  expect(hidden()).toBe(40);
  account.access(accessEvent());
  expect(hidden()).toBeNull();
});

it('however many names there are', () => {
  const account = new HealthAccount();
  for (let i = 0; i < 1000; i++) account.teller(accessEvent({ backend: `b${i}` }));
  expect(account.picture(0).backends.length).toBeLessThan(100);
});

it('what is lost without a count is not nothing, also at the end', () => {
  const account = new HealthAccount();
  account.notice(notice);
  account.lost({ ...lost, where: 'recording', count: null });
  account.summary({ ...summary, complete: false });
  expect(account.picture(0)).toMatchObject({ ended: true, lost: null });
});
