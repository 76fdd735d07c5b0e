// A real browser for tests: finds Chromium on this machine, starts it once per suite and closes it. Where there is none,
// the suite is skipped by name; on CI that is a failure instead.
import { chromium, type Browser } from 'playwright-core'
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

/** Starts Chromium without a window. The caller closes it. `args` are added to the switches every test needs. */
export function launchChromium({ args = [] }: { args?: string[] } = {}): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) return Promise.reject(new Error(missing))
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  })
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
