// Requests that wait until the store has filled the log.
import { execFileSync } from 'node:child_process'

it('a handler that throws does not keep other requests waiting', () => {
  // A process of its own, because Jest does not let a test see an uncaught exception.
  const script = `
    import { createServer, get } from 'node:http'
    import { createEpoch, sse } from './src/index.ts'
    process.on('uncaughtException', (error) => console.log('uncaught', error.message))
    let begin
    const store = {
      start: (log) => new Promise((resolve) => {
        begin = () => (log.begin(createEpoch(), { ms: 1, seq: 0 }), resolve())
      }),
      append: () => ({ ms: 2, seq: 0 }),
      close: () => undefined,
    }
    const live = sse({ registry: { store } })
    let arrived = 0
    const server = createServer((req, res) => {
      live(req, res, () => {
        if (req.url === '/throws') throw new Error('from a handler')
        res.sse.open()
      })
      if (++arrived === 2) begin()
    })
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      const ask = (path) => get({ port, host: '127.0.0.1', path, headers: { accept: 'text/event-stream' } })
      ask('/throws').on('error', () => undefined).on('socket', (socket) => socket.once('connect', () => {
        ask('/').on('response', ({ statusCode }) => setImmediate(() => (console.log('answered', statusCode), process.exit())))
      }))
    })`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const output = execFileSync(process.execPath, args, { cwd: `${__dirname}/..`, timeout: 20_000, encoding: 'utf8' })
  expect(output.trim().split('\n')).toEqual(['uncaught from a handler', 'answered 200'])
})
