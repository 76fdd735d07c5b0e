/** Starts a reverse proxy on a free port, in a folder of its own, and takes both away again. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from './free-port.js'
import type { Target } from './open-stream.js'
import type { Proxy } from './proxies.js'
import { until } from './until.js'
import { isExecutable } from './executable.js'

/** One way of running a proxy. */
export interface ProxySetup {
  readonly proxy: Proxy
  readonly http: '1.1' | '2'
  /** Lines of configuration beside the defaults. */
  readonly lines: readonly string[]
}

export interface RunningProxy extends Target {
  stop(): Promise<void>
}

const ATTEMPTS = 5

/** Starts it in front of a port of this machine. The caller stops it. */
export async function startProxy(setup: ProxySetup, upstream: number): Promise<RunningProxy> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryToStart(setup, upstream, await freePort())
    } catch (error) {
      // Between looking for a free port and listening on it, somebody else may have taken it.
      if (attempt === ATTEMPTS) throw error
    }
  }
}

/** Where a proxy's program is; undefined when it is not installed. Debian keeps most of them out of a user's PATH. */
export function findProgram({ program }: Proxy): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

export function versionOf(proxy: Proxy): string {
  const [arg, pattern] = proxy.version
  const { stdout, stderr } = spawnSync(findProgram(proxy) ?? proxy.program, [arg], { encoding: 'utf8' })
  return pattern.exec(stdout + stderr)?.[1] ?? 'unknown'
}

async function tryToStart({ proxy, http, lines }: ProxySetup, upstream: number, port: number): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), `${proxy.name}-`))
  const place = { folder, port, upstream, http, lines }
  for (const [name, text] of Object.entries(proxy.files(place))) writeFileSync(join(folder, name), text)
  // Several of them write under a user of their own when root starts them.
  chmodSync(folder, 0o777)
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(findProgram(proxy) ?? proxy.program, proxy.args(place), { cwd: folder, env })
  const output = collect(child)
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill()
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await once(child, 'exit')
      clearTimeout(timer)
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await listening(port, child)
  } catch (error) {
    const log = readLog(folder)
    await stop()
    throw new Error(`${proxy.name} did not start: ${output.join('')}${log}`, { cause: error })
  }
  return { port, kind: { http, tls: proxy.tls[http] }, stop }
}

function collect(child: ChildProcess): string[] {
  const output: string[] = []
  child.on('error', (error) => output.push(error.message))
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => output.push(text.toString()))
  return output
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let isOpen = false; !isOpen;) {
    if (child.exitCode !== null) throw new Error(`it left with ${child.exitCode}`)
    isOpen = await canConnect(port)
  }
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  let outcome: boolean | undefined
  socket.once('connect', () => (outcome = true)).once('error', () => (outcome = false))
  await until(() => outcome !== undefined)
  socket.destroy()
  return outcome === true
}

function readLog(folder: string): string {
  try {
    return readFileSync(join(folder, 'log'), 'utf8')
  } catch {
    return ''
  }
}
