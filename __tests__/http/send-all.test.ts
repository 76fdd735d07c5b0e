// More about sendAll: ending its iterator, async context, concurrent calls. The basics are in connection.test.ts.
import { AsyncLocalStorage } from 'node:async_hooks'
import { spawnSync } from 'node:child_process'
import { EventEmitter, on } from 'node:events'
import type { Message } from '../../src/index.js'
import { openBothSides } from '../helpers/both-sides.js'
import { until } from '../helpers/until.js'

describe('sendAll to a closing connection', () => {
  it('ends an iterator that waits forever, such as that of events.on', async () => {
    const { connection, stream } = await openBothSides()
    const source = new EventEmitter()
    const sending = connection.sendAll(on(source, 'row') as AsyncIterable<Message>)
    await until(() => source.listenerCount('row') === 1)
    stream.close()
    expect(await sending).toBe(false)
    await until(() => source.listenerCount('row') === 0)
  })

  it('ends an iterator that has not started', async () => {
    const { connection } = await openBothSides()
    const source = new EventEmitter()
    const rows = on(source, 'row') as AsyncIterable<Message>
    connection.close()
    expect(await connection.sendAll(rows)).toBe(false)
    expect(source.listenerCount('row')).toBe(0)
  })

  it('reports errors that the iterator throws when it is ended', async () => {
    const errors: unknown[] = []
    const { connection, stream } = await openBothSides({
      sseOptions: { registry: { onError: (error) => void errors.push(error) } },
    })
    const stubborn: AsyncIterable<Message> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => Promise.reject(new Error('from return')),
      }),
    }
    const sending = connection.sendAll(stubborn)
    stream.close()
    expect(await sending).toBe(false)
    await until(() => errors.length === 1)
    expect(errors).toMatchObject([{ message: 'from return' }])
  })
})

it('many sendAll calls and signal listeners on one connection cause no warning', () => {
  // In a child process, because Node's warnings do not reach the `process` of Jest.
  const script = `
    import { createServer, get } from 'node:http'
    import { once } from 'node:events'
    import { sse } from './src/index.ts'
    async function* rows() {
      for (let i = 0; i < 3; i++) yield { data: 'x' }
    }
    const live = sse()
    const server = createServer((req, res) => live(req, res, async () => {
      const { signal } = res.sse
      for (let i = 0; i < 40; i++) signal.addEventListener('abort', () => {})
      const sent = await Promise.all(Array.from({ length: 30 }, () => res.sse.sendAll(rows())))
      res.sse.close()
      await once(res, 'close')
      console.log(sent.filter(Boolean).length)
      server.close()
    })).listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      get({ port, host: '127.0.0.1', headers: { accept: 'text/event-stream' } }, (response) => response.resume())
    })`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: `${__dirname}/../..`,
    timeout: 20_000,
    encoding: 'utf8',
  })
  expect({ sent: stdout.trim(), stderr }).toEqual({ sent: '30', stderr: '' })
})

it('sendAll runs its iterator in the async context of its caller', async () => {
  const context = new AsyncLocalStorage<string>()
  const { connection, stream } = await openBothSides()
  const seen: unknown[] = []
  let wake: ((message: IteratorResult<Message>) => void) | undefined
  const messages: AsyncIterable<Message> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        seen.push(context.getStore())
        return new Promise((resolve) => (wake = resolve))
      },
      return: () => {
        seen.push(context.getStore())
        return Promise.resolve({ done: true, value: undefined })
      },
    }),
  }
  const sending = context.run('caller', () => connection.sendAll(messages))
  for (let i = 0; i < 2; i++) {
    await until(() => wake !== undefined)
    const resume = wake!
    wake = undefined
    context.run('other', () => resume({ done: false, value: { data: `${i}` } }))
    await stream.waitForData(`${i}`)
  }
  await until(() => wake !== undefined)
  context.run('other', () => connection.close())
  expect(await sending).toBe(false)
  expect(seen).toEqual(['caller', 'caller', 'caller', 'caller'])
})

it.each([[undefined], [{ data: 'x' }], [1]])('sendAll refuses %j, which is not iterable', async (messages) => {
  const { connection } = await openBothSides()
  await expect(connection.sendAll(messages as never)).rejects.toMatchObject({ code: 'ERR_SSE_MESSAGE' })
  await expect(connection.sendAll([undefined] as never)).rejects.toMatchObject({ code: 'ERR_SSE_MESSAGE' })
})
