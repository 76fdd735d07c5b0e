/** The benchmark at a tiny size: every scenario runs and notices lost or doubled events. Nothing is measured. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brokenPackage, bundlePackage } from '../helpers/broken-package.js'

interface Sample {
  failed?: string
  cpuPerEvent?: number
  clientCpuPerEvent?: number
}

interface Report {
  results: { letter: string; cases: { name: string; samples: Record<string, Sample[]> }[] }[]
}

// Scenario k needs a certificate; see below.
const scenarios = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's']

const bench = join(__dirname, '../../bench/run.js')
const folder = mkdtempSync(join(tmpdir(), 'sse-bench-test-'))
const bundle = join(folder, 'package.cjs')

beforeAll(() => bundlePackage(bundle))

afterAll(() => rmSync(folder, { recursive: true }))

/** Runs one scenario with the contestants that need nothing installed. */
async function run(letter: string, { contestants = 'ours,bare', packageFile = bundle, before = '' } = {}) {
  const output = join(folder, `report-${letter}`)
  const args = ['--tiny', '--rounds', '1', '--scenario', letter, '--contestants', contestants, '--output', output]
  const env = { ...process.env, BENCH_PACKAGE: pathToFileURL(packageFile).href, BENCH_BEFORE: before }
  const code = await new Promise((resolve) => {
    execFile(process.execPath, [bench, ...args], { env }, (error) => resolve(error?.code ?? 0))
  })
  const { results } = JSON.parse(readFileSync(`${output}.json`, 'utf8')) as Report
  const samples = results.flatMap(({ cases }) => cases.flatMap((variant) => Object.values(variant.samples).flat()))
  return { code, samples, contestants: Object.keys(results[0]?.cases[0]?.samples ?? {}) }
}

describe('the benchmark, at a tiny size,', () => {
  it.each(scenarios)('runs scenario %s without a lost event', async (letter) => {
    const { code, samples } = await run(letter)
    expect(samples.filter(({ failed }) => failed !== undefined)).toEqual([])
    expect(samples.length).toBeGreaterThan(0)
    expect(code).toBe(0)
  })

  it.each([
    ['loses an event', 'count === 5 ? undefined : publish(message)'],
    ['doubles an event', 'count === 5 ? (publish(message), publish(message)) : publish(message)'],
    ['doubles the last event', 'count === 12 ? (publish(message), publish(message)) : publish(message)'],
  ])('fails a package that %s', async (name, publish) => {
    const packageFile = join(folder, `broken-${name.replace(/ /g, '-')}.mjs`)
    writeFileSync(packageFile, brokenPackage(bundle, publish))
    const { code, samples } = await run('a', { contestants: 'ours', packageFile })
    expect(samples[0]?.failed).toMatch(/expected event \d+, got \d+/)
    expect(code).toBe(1)
  })

  it('lets the build of another commit take part wherever the package does', async () => {
    const { code, samples, contestants } = await run('q', { contestants: 'ours,ours-before', before: bundle })
    expect(contestants).toEqual(['ours', 'ours-before'])
    expect(samples.filter(({ failed }) => failed !== undefined)).toEqual([])
    expect(code).toBe(0)
  })

  it('reports the CPU of the clients beside that of the server', async () => {
    const { samples } = await run('a', { contestants: 'ours' })
    expect(samples[0]?.cpuPerEvent).toBeGreaterThan(0)
    expect(samples[0]?.clientCpuPerEvent).toBeGreaterThan(0)
  })
})

const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0
const inC = hasCompiler || process.env.CI === 'true' ? describe : describe.skip
const noCompiler = 'no C compiler on Linux; install it with: sudo apt-get install gcc libc6-dev'

inC(`the C loop of send${hasCompiler ? '' : ` (skipped: ${noCompiler})`}`, () => {
  it.each(['a', 'b', 'c', 'j'])('loses no event in scenario %s', async (letter) => {
    const { code, samples } = await run(letter, { contestants: 'send' })
    expect(samples.filter(({ failed }) => failed !== undefined)).toEqual([])
    expect(samples.length).toBeGreaterThan(0)
    expect(code).toBe(0)
  })
})

const openssl = spawnSync('openssl', ['version']).status === 0
const missing = 'no openssl on this machine; install it with: sudo apt-get install openssl'
const overTls = openssl || process.env.CI === 'true' ? describe : describe.skip

overTls(`the benchmark over TLS${openssl ? '' : ` (skipped: ${missing})`}`, () => {
  it('runs without a lost event', async () => {
    const { code, samples } = await run('k')
    expect(samples.filter(({ failed }) => failed !== undefined)).toEqual([])
    expect(code).toBe(0)
  })
})
