// A real browser for tests: finds Chromium on this machine, starts it once per suite and closes it. Where there is none,
// the suite is skipped by name; on CI that is a failure instead.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium, type Browser, type BrowserContext } from 'playwright-core'
import { isExecutable } from './executable.js'

const candidates = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const missing = 'no Chromium on this machine; install it with: sudo apt-get install chromium (or set CHROMIUM_PATH)'

const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts Chromium without a window. The caller closes it. `args` are added to the switches every test needs. */
export function launchChromium({ args = [] }: { args?: string[] } = {}): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) return Promise.reject(new Error(missing))
  return chromium.launch({ executablePath, args: [...switches, ...args] })
}

/**
 * Starts Chromium as users have it: a tab in front hides the others, and pages go into the back/forward cache. A browser
 * that Playwright starts does neither. Returns its window, and ends it in the end.
 */
export async function withPlainChromium<T>(use: (window: BrowserContext) => Promise<T>): Promise<T> {
  const path = findChromium()
  if (path === undefined) throw new Error(missing)
  const directory = mkdtempSync(join(tmpdir(), 'chromium-'))
  const args = [...switches, '--headless', '--remote-debugging-port=0', `--user-data-dir=${directory}`, 'about:blank']
  // A group of its own, since a browser is many processes.
  const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  const ended = once(child, 'exit')
  try {
    let endpoint: string | undefined
    for await (const line of createInterface(child.stderr)) {
      endpoint = /^DevTools listening on (ws:.*)$/.exec(line)?.[1]
      if (endpoint !== undefined) break
    }
    if (endpoint === undefined) throw new Error('Chromium ended before it listened')
    child.stderr.resume()
    const browser = await chromium.connectOverCDP(endpoint, { noDefaults: true })
    const [window] = browser.contexts()
    if (!window) throw new Error('Chromium has no window')
    return await use(window)
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    await ended
    await rm(directory, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** A `describe` whose tests get a running Chromium: `describeWithChromium('the page', (browser) => { it(…browser()…) })`. */
export function describeWithChromium(
  name: string,
  tests: (browser: () => Browser) => void,
  options?: { args?: string[] },
): void {
  if (findChromium() === undefined && process.env.CI !== 'true') {
    describe.skip(`${name} (skipped: ${missing})`, () => tests(() => notRunning()))
    return
  }
  describe(name, () => {
    let running: Browser | undefined
    beforeAll(async () => {
      running = await launchChromium(options)
    })
    afterAll(() => running?.close())
    tests(() => running ?? notRunning())
  })
}

function notRunning(): never {
  throw new Error('the browser starts in beforeAll: ask for it inside a test')
}

function findChromium(): string | undefined {
  return candidates.find((path) => path !== undefined && isExecutable(path))
}
