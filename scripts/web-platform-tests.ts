// Runs the tests in eventsource/ of web-platform-tests in Chromium: with the browser's EventSource, then with EventStream in
// its place. Needs a checkout of https://github.com/web-platform-tests/wpt and Python 3:
// npm run build && npx tsx scripts/web-platform-tests.ts /path/to/wpt [--native]
// Prints each failure and a total. `--native` leaves EventStream out.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../__tests__/helpers/chromium.js'
import { freePort } from '../__tests__/helpers/free-port.js'

interface Result {
  name: string
  /** Empty if the test has passed. */
  failure: string
}

/** What the page's testharness.js hands over. */
interface Outcome {
  status: number
  message: string | null
  tests: readonly { name: string; status: number; message: string | null }[]
}

declare global {
  var outcome: Outcome | undefined
}

const AT_ONCE = 3
/** testharness.js gives up a test after 10 s, or after 60 s if the test says that it is long. */
const PATIENCE = 90_000
const statuses = ['passed', 'failed', 'timed out', 'did not run', 'precondition failed']
/** Appended to testharnessreport.js, which is there to be replaced. */
const report = `
add_completion_callback((tests, { status, message }) => {
  globalThis.outcome = { status, message, tests: tests.map(({ name, status, message }) => ({ name, status, message })) }
})`

const [checkout, ...flags] = process.argv.slice(2)
if (checkout === undefined) throw new Error('usage: npx tsx scripts/web-platform-tests.ts /path/to/wpt [--native]')

/** The one-file build as a classic script that replaces EventSource, for pages and workers. */
function shim(): string {
  const code = readFileSync(new URL('../dist/client/browser.js', import.meta.url), 'utf8')
  const classic = code.replace(/export\s*\{\s*(\S+) as EventStream\s*\};?/, ';globalThis.EventSource=$1')
  if (classic === code) throw new Error('the end of dist/client/browser.js is not as expected')
  // Without the random part of the wait, which makes the tests of `retry` pass or fail by chance.
  return `{${classic.replaceAll('Math.random()', '1')}}\n`
}

/** The paths of the test pages, as the server makes them from the names of the files. */
function testPaths(): string[] {
  const files = readdirSync(join(checkout ?? '', 'eventsource'), { recursive: true, encoding: 'utf8' })
  return files
    .filter((file) => !file.includes('resources'))
    .flatMap((file) => pagesOf(file))
    .map((file) => `/eventsource/${file}`)
    .sort()
}

function pagesOf(file: string): string[] {
  const [, stem = '', kind] = /^(.*)\.(any|window|worker)\.js$/.exec(file) ?? []
  if (kind === 'any') {
    const [, globals = 'window,dedicatedworker'] =
      /^\/\/ META: global=(.*)$/m.exec(readFileSync(join(checkout ?? '', 'eventsource', file), 'utf8')) ?? []
    const scopes: Record<string, string[]> = {
      window: ['any.html'],
      dedicatedworker: ['any.worker.html'],
      sharedworker: ['any.sharedworker.html'],
      // Service workers need HTTPS, and have no EventSource of the page.
      worker: ['any.worker.html', 'any.sharedworker.html'],
    }
    return globals.split(',').flatMap((scope) => (scopes[scope.trim()] ?? []).map((page) => `${stem}.${page}`))
  }
  if (kind !== undefined) return [`${stem}.${kind}.html`]
  return /\.html?$/.test(file) ? [file] : []
}

/** Started as a group of processes, so that all of them can be ended. */
function startTestServer(ports: readonly number[], folder: string): ChildProcess {
  const config = join(folder, 'config.json')
  const none = { https: [], 'https-private': [], 'https-public': [], wss: [], h2: [], 'webtransport-h3': [] }
  writeFileSync(
    config,
    JSON.stringify({
      browser_host: 'web-platform.test',
      // Names of hosts are resolved in the browser alone.
      server_host: '127.0.0.1',
      check_subdomains: false,
      ssl: { type: 'none' },
      ports: { http: ports, ws: ['auto'], ...none },
    }),
  )
  const args = ['wpt', 'serve', '--no-h2', '--config', config]
  return spawn('python3', args, { cwd: checkout, detached: true, stdio: ['ignore', 'ignore', 'inherit'] })
}

async function listening(server: ChildProcess, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    while (!(await answers(port))) {
      if (server.exitCode !== null) throw new Error('the server of the tests did not start')
      await delay(100)
    }
  }
}

async function answers(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/resources/testharness.js`).catch(() => undefined)
  await response?.body?.cancel()
  return response !== undefined
}

/** Passes requests on to the server of the tests, and puts `code` before the scripts of workers, which no page can do. */
async function startRewriter(upstream: number, code: string): Promise<Server> {
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? '', 'http://localhost')
    const isWorker = /^\/eventsource\/.*worker.*\.js$/.test(pathname)
    const isReport = pathname === '/resources/testharnessreport.js'
    const { method, url, headers } = req
    const passed = request(
      { host: '127.0.0.1', port: upstream, method, path: url, headers, agent: false },
      (answer) => {
        const { 'content-length': length, ...others } = answer.headers
        const isChanged = (isWorker && code !== '') || isReport
        res.writeHead(answer.statusCode ?? 0, isChanged || length === undefined ? others : answer.headers)
        res.flushHeaders()
        if (isWorker) res.write(code)
        answer.on('data', (chunk: Buffer) => res.write(chunk))
        answer.on('end', () => res.end(isReport ? report : ''))
        answer.on('error', () => res.destroy())
      },
    )
    passed.on('error', () => res.destroy())
    res.on('close', () => passed.destroy())
    req.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function runPage(browser: Browser, url: string, code: string): Promise<Result[]> {
  const context = await browser.newContext()
  try {
    if (code !== '') await context.addInitScript(code)
    const page = await context.newPage()
    await page.goto(url)
    await page.waitForFunction(() => globalThis.outcome, undefined, { timeout: PATIENCE })
    const outcome = await page.evaluate(() => globalThis.outcome)
    return outcome === undefined ? [] : resultsOf(outcome)
  } catch (error) {
    return [{ name: 'the whole page', failure: String(error) }]
  } finally {
    await context.close()
  }
}

function resultsOf({ status, message, tests }: Outcome): Result[] {
  const results = tests.map((test) => ({
    name: test.name,
    failure: test.status === 0 ? '' : `${statuses[test.status] ?? ''}: ${test.message ?? ''}`,
  }))
  // 2: a timeout, which the results of the tests show too.
  const isBroken = status !== 0 && (status !== 2 || results.every(({ failure }) => failure === ''))
  return isBroken ? [...results, { name: 'the whole page', failure: message ?? 'broken' }] : results
}

async function runAll(ports: readonly number[], code: string): Promise<Map<string, Result>> {
  const rewriters = await Promise.all(ports.map((port) => startRewriter(port, code)))
  const rules = rewriters.map((rewriter, index) => {
    const { port } = rewriter.address() as AddressInfo
    return [`MAP *.test:${ports[index]} 127.0.0.1:${port}`, `MAP *:${ports[index]} 127.0.0.1:${port}`]
  })
  const browser = await launchChromium({ args: [`--host-resolver-rules=${rules.flat().join()}`] })
  const results = new Map<string, Result>()
  const paths = testPaths()
  const work = async () => {
    for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
      for (const result of await runPage(browser, `http://web-platform.test:${ports[0]}${path}`, code)) {
        results.set(`${path.replace('/eventsource/', '')}: ${result.name}`, result)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    await browser.close()
    for (const rewriter of rewriters) rewriter.closeAllConnections()
    await Promise.all(rewriters.map((rewriter) => new Promise((resolve) => rewriter.close(resolve))))
  }
  return results
}

function show(title: string, results: Map<string, Result>): void {
  const failures = [...results].filter(([, { failure }]) => failure !== '')
  console.log(`\n${title}: ${results.size - failures.length} passed, ${failures.length} failed`)
  for (const [name, { failure }] of failures.sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`- ${name}\n    ${failure}`)
}

const folder = mkdtempSync(join(tmpdir(), 'wpt-'))
let server: ChildProcess | undefined
function end(): void {
  if (server?.pid !== undefined && server.exitCode === null) process.kill(-server.pid, 'SIGTERM')
  rmSync(folder, { recursive: true })
}
// The group of the server does not get the Ctrl-C of this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    end()
    process.exit(1)
  })
}
try {
  const ports = [await freePort(), await freePort()]
  server = startTestServer(ports, folder)
  await listening(server, ports)
  show('EventSource', await runAll(ports, ''))
  if (!flags.includes('--native')) show('EventStream', await runAll(ports, shim()))
} finally {
  end()
}
