// Runs the suites that reach the source within Jest's own processes, and fails when they leave too many of its branches out.
// Nothing of `src` is left out of the count, but for `src/redis` on a machine without redis-server.
import { spawnSync } from 'node:child_process'

/** Of all branches, in percent. */
const BOUND = 95

/** Not the slow ones that go over the same branches again, nor those that drive browsers, proxies and other processes. */
const SUITES = [
  ...[
    'async-context',
    'channel',
    'compress',
    'connection',
    'debug-log',
    'diagnostics',
    'drain',
    'fake-clocks',
    'handler',
    'injection',
    'metrics',
    'middleware',
    'mistakes',
    'odd-errors',
    'resolve-options',
  ],
  ...[
    'finish',
    'forget',
    'owners',
    'publish-several',
    'registry',
    'rendering',
    'waiting-requests',
    'warnings',
    'store-contract/memory-store',
    'store-contract/wrong-stores',
    'cli/command-line',
    'cli/printers',
    'testing/open-stream',
    'testing/test-stream',
    'delivery/model',
    'inspector/requests',
    'inspector/samples',
    'outside/http2-sessions',
    'redis/outbox',
  ],
  'metrics/histogram',
  ...['compression', 'format', 'id-form', 'json-data', 'message-form'].map((name) => `wire/${name}`),
  ...['checked-store', 'forget', 'late-store', 'log', 'own-ids', 'position', 'history-age', 'ring'].map(
    (name) => `log/${name}`,
  ),
  ...['first-write', 'mock-responses', 'pipelined', 'request', 'send-all', 'sent-heads', 'standstill', 'upkeep'].map(
    (name) => `http/${name}`,
  ),
  ...[
    'coalesce',
    'cursor',
    'delivery',
    'filtered-batches',
    'late-readers',
    'merge',
    'occupancy',
    'scheduler',
    'shared-batches',
    'shared-merges',
    'snapshot-waits',
    'snapshots',
    'windows',
  ].map((name) => `delivery/${name}`),
  ...[
    'after-end',
    'async-iteration',
    'backoff',
    'duplicates',
    'interface',
    'keyed-state',
    'live',
    'page',
    'parsing',
    'reconnect',
    'recovery',
    'request',
    'shared',
  ].map((name) => `client/${name}`),
]
const REDIS_SUITES = [
  'redis/entry',
  'redis/clients',
  ...['start', 'store', 'live', 'outage', 'foreign', 'forget', 'refusals', 'loading', 'outbox', 'versions'].map(
    (name) => `outside/redis/${name}`,
  ),
]

// `.ci/run` leaves out of `test:outside` what has run here.
if (process.argv.includes('--list-outside')) {
  console.log([...SUITES, ...REDIS_SUITES].filter((name) => name.startsWith('outside/')).join('|'))
  process.exit()
}

const hasRedis = process.env.CI === 'true' || spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis)
  console.warn('src/redis is not counted: no redis-server here; install it with: sudo apt-get install redis-server')

const suites = hasRedis ? [...SUITES, ...REDIS_SUITES] : SUITES
const counted = ['src/**/*.ts', ...(hasRedis ? [] : ['!src/redis/**'])]

const args = [
  '--coverage',
  '--maxWorkers=100%',
  ...counted.map((pattern) => `--collectCoverageFrom=${pattern}`),
  `--coverageThreshold=${JSON.stringify({ global: { branches: BOUND } })}`,
  ...['text-summary', 'html', 'json'].map((reporter) => `--coverageReporters=${reporter}`),
  `--testPathPatterns=__tests__/(${suites.join('|')})\\.test\\.ts$`,
]
const { status } = spawnSync('npx', ['jest', ...args], { stdio: 'inherit' })
process.exit(status ?? 1)
