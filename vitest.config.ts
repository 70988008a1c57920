import { defineConfig } from 'vitest/config';

/**
 * Unit and golden tests share nothing and run in parallel. What starts processes and emulators runs after them, two
 * files at a time: they wait more than they work, and more of them would run into the time-outs that they test.
 */
const processes = {
  maxWorkers: 2,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // What is polled for comes after an answer, in another process: a second is not much on a machine that does more.
  expect: { poll: { timeout: 20_000 } },
} as const;

/** Properties and parsers take seconds of a machine that does more. */
const together = { testTimeout: 30_000, sequence: { groupOrder: 0 } } as const;

/** The CDK and its rules take seconds to load: files that run in one process load them once. */
const stack = { isolate: false, globalSetup: 'test/stack/assemblies.ts', sequence: { groupOrder: 1 } } as const;

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...together } },
      { test: { name: 'golden', include: ['test/golden/**/*.test.ts'], ...together } },
      { test: { name: 'stack', include: ['test/stack/**/*.test.ts'], ...processes, ...stack } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...processes, sequence: { groupOrder: 1 } } },
    ],
  },
});
