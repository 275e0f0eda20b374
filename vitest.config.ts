import { defineConfig } from 'vitest/config'

/** Three kinds of tests: pure parts, the contract with the helper, and the tool as a person uses it. */
export default defineConfig({
  test: {
    pool: 'threads',
    // Two at a time: most integration tests wait for something, and the machine may be small.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'] } },
      { extends: true, test: { name: 'contract', include: ['test/contract/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/whole-run.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'torture', include: ['test/torture/*.test.ts'], globalSetup: ['test/support/whole-run.ts'] },
      },
    ],
  },
})
