import { defineConfig } from 'vitest/config';

/** For the tests that run inside a booted guest: one file after the other, and patience for an emulated CPU. */
export default defineConfig({
  // The guest sees the checkout read-only.
  cacheDir: '/tmp/vitest',
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/kernel/guest/**/*.test.ts'],
    // Storms and the rest of the cases take a guest a quarter of an hour.
    exclude: process.env.KWHO_DROP_CASES === 'all' ? [] : ['**/drops-exact.test.ts', '**/drops-undo.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
