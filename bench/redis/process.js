// A process that answers calls over IPC: `serve` in the child, `start` in the parent.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export function serve(methods) {
  process.on('message', async ({ call, method, args }) => {
    process.send({ call, result: await methods[method](...args) })
  })
  process.on('disconnect', () => process.exit())
  process.send('ready')
}

export async function start(script, ...args) {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const child = fork(file, args, { execArgv: ['--expose-gc'], serialization: 'advanced' })
  let isWanted = true
  child.on('exit', (code) => {
    if (isWanted) throw new Error(`${script} has ended with ${code}`)
  })
  await once(child, 'message')
  let calls = 0
  const waiting = new Map()
  child.on('message', ({ call, result }) => {
    waiting.get(call)?.(result)
    waiting.delete(call)
  })
  const call = (method, ...args) =>
    new Promise((resolve) => {
      waiting.set(++calls, resolve)
      child.send({ call: calls, method, args })
    })
  const stop = async () => {
    isWanted = false
    const exit = once(child, 'exit')
    child.kill()
    await exit
  }
  return { call, stop }
}

/** Microseconds on a clock that all processes of a machine share. */
export const now = () => Number(process.hrtime.bigint()) / 1000

/** CPU so far, in microseconds. */
export function cpu() {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Memory in bytes, after a collection. */
export function memory() {
  globalThis.gc()
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
  return { rss, heap: heapUsed + external + arrayBuffers }
}

/** Calls `publish` at a rate per second, for some seconds. */
export async function paced({ rate, seconds }, publish) {
  const begin = performance.now()
  let sent = 0
  while (sent < rate * seconds) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - begin) / 1000) * rate) + 1)
    for (; sent < due; sent++) publish(sent)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  return sent
}
