// A redis-server for the cluster alone: on a free port, with a temporary folder. Both are gone when this process exits.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const attempts = 3

/** Resolves with its URL, or with `undefined` if redis-server is not installed. */
export async function startRedis(): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'matchday-redis-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = await freePort()
    const flags = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, '--save', '', '--appendonly', 'no']
    // Detached, because Ctrl-C is sent to the whole group: Redis must outlive the processes that still use it.
    const redis = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
    process.once('exit', () => redis.kill('SIGKILL'))
    const outcome = await started(redis)
    if (outcome === 'ready') return `redis://127.0.0.1:${port}`
    if (outcome === 'missing') return undefined
    // Another process took the port in between.
  }
  throw new Error(`redis-server did not start on ${attempts} ports that were free a moment ago`)
}

async function started(redis: ChildProcess): Promise<'ready' | 'missing' | 'ended'> {
  const error = once(redis, 'error').then(() => 'missing' as const)
  const exit = once(redis, 'exit').then(() => 'ended' as const)
  return await Promise.race([error, exit, ready(redis)])
}

async function ready({ stdout }: ChildProcess): Promise<'ready' | 'ended'> {
  if (!stdout) return 'ended'
  for await (const line of createInterface(stdout)) {
    if (!line.includes('Ready to accept connections')) continue
    stdout.resume()
    return 'ready'
  }
  return 'ended'
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
