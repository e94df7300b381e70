import { release } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Storms and the rest of the cases take a guest a quarter of an hour; the screen and recordings, which no kernel changes much, minutes. */
const everything = process.env.KWHO_DROP_CASES === 'all';
const left = [
  ...['**/drops-exact.test.ts', '**/drops-undo.test.ts'],
  ...(/^(6\.1|7\.2)\./.test(release()) ? [] : ['**/screen.test.ts', '**/recording.test.ts']),
];

/** For the tests that run inside a booted guest: one file after the other, and patience for an emulated CPU. */
export default defineConfig({
  // The guest sees the checkout read-only.
  cacheDir: '/tmp/vitest',
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/kernel/guest/**/*.test.ts'],
    exclude: everything ? [] : left,
    testTimeout: 180_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
