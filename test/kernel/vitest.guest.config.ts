import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Each of these takes an emulated guest minutes, so that a run has each of them on one or two kernels.
 * KWHO_DROP_CASES=all has all of them on all, the storms and SystemTap, too.
 */
const CHOSEN: Record<string, readonly string[]> = {
  '5.10': ['doctor', 'why'],
  '6.1': ['kmsg'],
  '6.12': ['recording', 'why'],
  '7.2': ['screen'],
};
const LONG = [
  'doctor',
  'drops-exact',
  'drops-undo',
  'kmsg',
  'recording',
  'screen',
  'stap',
  'stap-compile',
  'why',
];

const everything = process.env.KWHO_DROP_CASES === 'all';
const [kernel = ''] = /^\d+\.\d+/.exec(release()) ?? [];
const left = LONG.filter((name) => CHOSEN[kernel]?.includes(name) !== true).map(
  (name) => `**/${name}.test.ts`,
);
/** Booted so that the ring has wrapped: that is a boot for these tests alone. */
const WRAPPED = '**/wrapped-boot.test.ts';
const wrapped = readFileSync('/proc/cmdline', 'latin1').includes('initcall_debug');

/** For the tests that run inside a booted guest: one file after the other, and patience for an emulated CPU. */
export default defineConfig({
  // The guest sees the checkout read-only.
  cacheDir: '/tmp/vitest',
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: [wrapped ? WRAPPED : 'test/kernel/guest/**/*.test.ts'],
    exclude: wrapped ? [] : [WRAPPED, ...(everything ? [] : left)],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
