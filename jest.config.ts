/** @jest-config-loader esbuild-register */
import { availableParallelism } from 'node:os'
import type { Config } from 'jest'

const common = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': ['<rootDir>/__tests__/helpers/ts-jest-with-dirname.cjs', { tsconfig: 'tsconfig.test.json' }],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^express-sse-channels$': '<rootDir>/src/index.ts',
    '^express-sse-channels/(client|client/shared|inspector|redis|store-contract|testing)$': '<rootDir>/src/$1/index.ts',
  },
  testTimeout: 30_000,
} satisfies Config

/** Suites that do not look at the bytes on the wire. */
const COMPRESSED = [
  ...['forget', 'handler', 'injection', 'round-trip'],
  ...['delivery', 'model', 'snapshots', 'windows'].map((name) => `delivery/${name}`),
  ...['after-end', 'duplicates', 'live', 'reconnect', 'shared'].map((name) => `client/${name}`),
]

export default {
  ...common,
  // One more than there are cores: some suites wait for timers most of the time.
  maxWorkers: availableParallelism() + 1,
  reporters: ['default', '<rootDir>/__tests__/helpers/skipped-reporter.cjs'],
  projects: [
    // Needs Node alone.
    { ...common, displayName: 'inside', testPathIgnorePatterns: ['/node_modules/', '<rootDir>/__tests__/outside/'] },
    // Needs other programs, or thousands of connections.
    { ...common, displayName: 'outside', roots: ['<rootDir>/__tests__/outside'] },
    // Suites of `inside` again, with compressed streams.
    {
      ...common,
      displayName: 'compressed',
      testMatch: COMPRESSED.map((name) => `<rootDir>/__tests__/${name}.test.ts`),
      setupFiles: ['<rootDir>/__tests__/helpers/with-compression.ts'],
    },
  ],
} satisfies Config
