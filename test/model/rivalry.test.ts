import { expect, it } from 'vitest';
import { Rivalry } from '../../src/model/rivalry.js';

function watch() {
  const told: string[] = [];
  const rivalry = new Rivalry((one, other) => told.push(`${one.pid}+${other.pid}`));
  return {
    told,
    note: (pid: number) => rivalry.note({ pid, comm: `p${pid}` }),
  };
}

it('one taker has no rival, however often it takes', () => {
  const { told, note } = watch();
  for (let i = 0; i < 5; i++) note(1);
  expect(told).toEqual([]);
});

it('each pair is told once, the earlier one first', () => {
  const { told, note } = watch();
  for (const pid of [1, 2, 1, 2, 3, 3, 1]) note(pid);
  expect(told).toEqual(['1+2', '1+3', '2+3']);
});

it('each pair of a crowd is told once at most', () => {
  const { told, note } = watch();
  for (let round = 0; round < 3; round++) {
    for (let pid = 1; pid <= 50; pid++) note(pid);
  }
  expect(new Set(told).size).toBe(told.length);
});
