// The browsers and runtimes that the client's checks run in: where each is found, and how it is made to run a program.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Runtime {
  name: string
  /** The program, if it is on this machine. */
  path: string | undefined
  /** How to get it. */
  install: string
  /** Whether the machine that checks every change has it. */
  always: boolean
  /** Arguments that run the checks: a page at an address, or a file that is given the address. */
  args: (run: { url: string; file: string; directory: string }) => string[]
  /** Checks that it cannot pass, and why that is none of the client's doing. */
  except?: Record<string, string>
  /** Ends by itself when there is nothing left to wait for. */
  ends?: boolean
  /** For browsers that need a display. */
  display?: boolean
}

const installed = join(__dirname, '../../scripts/client-runtimes/node_modules')
const npm = 'npm install --prefix scripts/client-runtimes'

function firstOf(...paths: string[]): string | undefined {
  return paths.find((path) => existsSync(path))
}

const asScript: Runtime['args'] = ({ url, file }) => [file, url]

export const runtimes: Runtime[] = [
  {
    name: `Node ${process.versions.node}`,
    path: process.execPath,
    install: '',
    always: true,
    ends: true,
    args: asScript,
  },
  ...['node-22', 'node-24'].map((name) => ({
    name: name.replace('node-', 'Node '),
    path: firstOf(join(installed, name, 'bin/node')),
    install: npm,
    always: process.arch === 'x64',
    ends: true,
    args: asScript,
  })),
  {
    name: 'Bun',
    path: firstOf(join(installed, '@oven/bun-linux-x64/bin/bun')),
    install: npm,
    always: process.arch === 'x64',
    ends: true,
    args: asScript,
  },
  {
    name: 'Deno',
    path: firstOf(join(installed, '@deno/linux-x64-glibc/deno')),
    install: npm,
    always: process.arch === 'x64',
    ends: true,
    args: ({ url, file }) => ['run', '--allow-net', '--allow-env', '--no-lock', file, url],
  },
  {
    name: 'Chromium',
    path: firstOf('/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'),
    install: 'apt-get install chromium',
    always: true,
    args: ({ url, directory }) => [
      ...[
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-sync',
        '--disable-breakpad',
      ],
      ...['--disable-background-networking', '--disable-component-update', `--user-data-dir=${directory}`, url],
    ],
  },
  {
    name: 'Firefox',
    path: firstOf('/usr/bin/firefox-esr', '/usr/bin/firefox'),
    install: 'apt-get install firefox-esr',
    always: true,
    args: ({ url, directory }) => ['--headless', '--no-remote', '--new-instance', '--profile', directory, url],
  },
  {
    name: 'WebKitGTK',
    path: firstOf(
      '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
      '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    ),
    install: 'apt-get install webkit2gtk-driver xvfb xauth',
    always: true,
    args: ({ url }) => ['--private', url],
    // The standard has header values sent as the bytes that they are; WebKit sends each byte over 127 as UTF-8 once more.
    except: { 'sends the last event ID as UTF-8': 'Error: expected "Tor ⚽ é"; got' },
    display: true,
  },
]

export interface Running {
  /** Settles with the exit code when the program has ended. */
  ended: Promise<number | null>
  /** Ends it, and everything that it started. */
  kill: () => Promise<void>
}

/** Runs the program in a runtime. */
export function startRuntime(runtime: Runtime, program: string, url: string): Running {
  const directory = mkdtempSync(join(tmpdir(), 'client-runtime-'))
  const file = join(directory, 'program.mjs')
  writeFileSync(file, program)
  writeFileSync(join(directory, 'user.js'), quietFirefox)
  const args = runtime.args({ url, file, directory })
  const [command, ...rest] = runtime.display
    ? ['xvfb-run', '-a', runtime.path ?? '', ...args]
    : [runtime.path ?? '', ...args]
  const child = spawn(command, rest, {
    stdio: 'ignore',
    // A group of its own, since browsers are many processes.
    detached: true,
    env: {
      ...process.env,
      HOME: directory,
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      MOZ_DISABLE_CONTENT_SANDBOX: '1',
    },
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const kill = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, 'SIGKILL')
      await ended
    }
    // Some of a browser's processes leave its group, and write for a moment longer.
    await rm(directory, { recursive: true, force: true, maxRetries: 10 })
  }
  return { ended, kill }
}

/** No start page, no update, no word to anybody but the server of the test. */
const quietFirefox = Object.entries({
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'app.normandy.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'http://127.0.0.1:9/',
})
  .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
  .join('')
