/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.test.json' }] },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^express-sse-channels$': '<rootDir>/src/index.ts',
    '^express-sse-channels/(client|redis|store-contract)$': '<rootDir>/src/$1/index.ts',
  },
  testTimeout: 30_000,
} satisfies Config
