// A server on a thread of its own, that sends an event while the client's thread is blocked.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterTest } from './after-test.js'

const code = `
const { createServer } = require('node:http')
const { parentPort, workerData } = require('node:worker_threads')
const server = createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write(':\\n')
  parentPort.once('message', () => {
    response.write('data: meanwhile\\n\\n', () => {
      Atomics.store(workerData, 0, 1)
      Atomics.notify(workerData, 0)
    })
  })
})
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`

export interface ServerInWorker {
  readonly url: string
  /** Blocks this thread until the server has written its event, and then for some ms more. */
  writeWhileThisThreadIsBlocked(ms: number): void
}

export async function startServerInWorker(): Promise<ServerInWorker> {
  const written = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(code, { eval: true, workerData: written })
  afterTest(() => worker.terminate())
  const [port] = (await once(worker, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}/`,
    writeWhileThisThreadIsBlocked(ms) {
      worker.postMessage('write')
      Atomics.wait(written, 0, 0)
      Atomics.wait(written, 0, 1, ms)
    },
  }
}
