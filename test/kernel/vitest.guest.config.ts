import { defineConfig } from 'vitest/config';

/** For the tests that run inside a booted guest: one file after the other, and patience for an emulated CPU. */
export default defineConfig({
  // The guest sees the checkout read-only.
  cacheDir: '/tmp/vitest',
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/kernel/guest/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
