/**
 * Mutation testing: what `npm run mutation` does; its results are in docs/mutation.md.
 *
 * @see https://stryker-mutator.io/docs/stryker-js/configuration/
 */

/** What decides which bytes a client gets: the format, the request, the log, and how it is read and delivered. */
const mutated = [
  'wire/format',
  'log/position',
  'http/request',
  'log/log',
  'log/event-lists',
  'log/dropped-channels',
  'log/channel-log',
  'delivery/scheduler',
]

/** The suites that cover these within one process, in the order in which they run: the quick ones find most. */
const suites = [
  'wire/format',
  'log/position',
  'http/request',
  'log/log',
  'delivery/cursor',
  'delivery/merge',
  'delivery/shared-batches',
  'delivery/scheduler',
  'channel',
  'log/forget',
  'log/late-store',
  'log/own-ids',
  'delivery/coalesce',
  'delivery/windows',
  'delivery/occupancy',
  'delivery/snapshots',
  'delivery/delivery',
]

/** Transpiled file by file: mutants are full of code that has no type. */
const tsJest = { tsconfig: { target: 'ES2022', module: 'CommonJS', isolatedModules: true }, diagnostics: false }

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: mutated.map((name) => `src/${name}.ts`),
  testRunner: 'jest',
  jest: {
    projectType: 'custom',
    configFile: 'jest.config.ts',
    enableFindRelatedTests: false,
    config: {
      // One configuration of its own instead of the two projects.
      projects: [],
      testMatch: suites.map((name) => `**/__tests__/${name}.test.ts`),
      testSequencer: '<rootDir>/__tests__/mutation/in-order-sequencer.cjs',
      testRunner: '<rootDir>/__tests__/mutation/until-first-failure-jest-circus.cjs',
      setupFiles: ['<rootDir>/__tests__/mutation/same-seed.ts'],
      transform: { '^.+\\.ts$': ['ts-jest', tsJest] },
      testTimeout: 10_000,
    },
  },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // A slow machine is no endless loop: a mutant that times out counts as killed, and slows down the next one.
  timeoutMS: 30_000,
  thresholds: { high: 95, low: 90, break: 85 },
  ignorePatterns: ['bench', 'coverage', 'dist', 'docs', 'example-app', 'scripts'],
  reporters: ['progress', 'clear-text', 'html', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportMutants: false, reportTests: false },
}
