// Runs the suites that reach the source within Jest's own processes, and fails when they leave too many of its branches out.
// Nothing of `src` is left out of the count, but for `src/redis` on a machine without redis-server.
import { spawnSync } from 'node:child_process'

/** Of all branches, in percent. */
const BOUND = 95

/** Not the slow ones that go over the same branches again, nor those that drive browsers, proxies and other processes. */
const SUITES = [
  ...['event-stream', 'position', 'negotiation', 'log', 'cursor', 'merge', 'shared-batches', 'delivery-passes'],
  ...['channel', 'delivery', 'late-readers', 'connection', 'middleware', 'registry', 'options', 'upkeep', 'drain'],
  ...['memory-store', 'late-store', 'pipelined'],
  ...['client-backoff', 'client-duplicates', 'client-interface', 'client-live', 'client-parsing', 'client-reconnect'],
  'client-request',
]
const REDIS_SUITES = ['redis-entry', 'redis-start', 'redis-store', 'redis-live', 'redis-outage']

const hasRedis = process.env.CI === 'true' || spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis)
  console.warn('src/redis is not counted: no redis-server here; install it with: sudo apt-get install redis-server')

const suites = hasRedis ? [...SUITES, ...REDIS_SUITES] : SUITES
const counted = ['src/**/*.ts', ...(hasRedis ? [] : ['!src/redis/**'])]

const args = [
  '--coverage',
  ...counted.map((pattern) => `--collectCoverageFrom=${pattern}`),
  `--coverageThreshold=${JSON.stringify({ global: { branches: BOUND } })}`,
  ...['text-summary', 'html', 'json'].map((reporter) => `--coverageReporters=${reporter}`),
  `--testPathPatterns=/(${suites.join('|')})\\.test\\.ts$`,
]
const { status } = spawnSync('npx', ['jest', ...args], { stdio: 'inherit' })
process.exit(status ?? 1)
