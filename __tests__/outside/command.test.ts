// The built command, run as a process.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { sse } from '../../src/index.js'
import { afterTest } from '../helpers/after-test.js'
import { buildPackage } from '../helpers/built-package.js'
import { express5, startServer, type Handler } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

const built = buildPackage()

/** A running command. */
class Run {
  out = ''
  err = ''
  readonly exitCode: Promise<number | null>
  readonly #child: ChildProcessByStdio<Writable, Readable | null, Readable>

  /** `stdout`: where events go instead of `out`. */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}, stdout: number | 'pipe' = 'pipe') {
    const program = join(built.directory, 'dist/cli.mjs')
    this.#child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['pipe', stdout, 'pipe'],
    }) as ChildProcessByStdio<Writable, Readable | null, Readable>
    this.#child.stdout?.on('data', (text: Buffer) => (this.out += text.toString()))
    this.#child.stderr.on('data', (text: Buffer) => (this.err += text.toString()))
    this.exitCode = once(this.#child, 'close').then(([code]) => code as number | null)
    afterTest(() => this.#child.kill('SIGKILL'))
  }

  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  /** Closes the pipe that the command writes events to. */
  closePipe(): void {
    this.#child.stdout?.destroy()
  }

  /** Closes the pipe that the command writes notices to. */
  closeNotices(): void {
    this.#child.stderr.destroy()
  }

  get events(): { type: string; id: string; data: string; time: string }[] {
    const lines = this.out.trim().split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as Run['events'][number])
  }
}

const tail = (...args: string[]) => new Run(['tail', ...args])

/** A server with a channel. Its handlers come before the stream. */
async function start(...before: Handler[]) {
  const live = sse({ retry: 20, fallthrough: false })
  const server = await startServer(express5, ...before, live, (_req, res) => res.sse?.subscribe('game'))
  afterTest(() => live.close())
  const subscribed = () => until(() => live.channel('game').subscribers === 1)
  return { live, url: `${server.origin}/stream`, server, channel: live.channel('game'), subscribed }
}

describe('express-sse-channels tail', () => {
  it('prints events with time, type, ID and data, until it is interrupted', async () => {
    const { url, channel, subscribed } = await start()
    const run = tail(url)
    await subscribed()
    const id = await channel.publish({ event: 'score', data: { home: 1 } })
    await until(() => run.out.endsWith('}\n'))
    run.interrupt()
    expect(await run.exitCode).toBe(0)
    expect(run.out).toMatch(new RegExp(String.raw`^\d\d:\d\d:\d\d\.\d{3}  score  ${id}  {"home":1}\n$`))
    expect(run.err).toMatch(/connected\n$/)
  })

  it('prints JSON of the types that are asked for, and sends headers and the last event ID', async () => {
    const seen: unknown[] = []
    const { url, channel } = await start((req, _res, next) => {
      seen.push([req.headers['x-own'], req.headers['last-event-id']])
      next()
    })
    const first = await channel.publish({ event: 'score', data: '0' })
    await channel.publish({ event: 'clock', data: '1' })
    const third = await channel.publish({ event: 'score', data: '2' })
    const run = tail(
      url,
      '--json',
      '-H',
      'X-Own: yes',
      '--last-event-id',
      first,
      '--event=score',
      '--event',
      'sse-ready',
    )
    await until(() => run.out.includes('sse-ready'))
    run.interrupt()
    expect(await run.exitCode).toBe(0)
    expect(seen).toEqual([['yes', first]])
    expect(run.events.map(({ type, id, data }) => ({ type, id, data }))).toEqual([
      { type: 'score', id: third, data: '2' },
      { type: 'sse-ready', id: third, data: '{"resumed":true,"replayed":2}' },
    ])
    expect(run.err).toContain('resumed without a gap; 2 missed events')
  })

  it('reconnects, resumes, and says why the connection was lost', async () => {
    const { url, channel, server, subscribed } = await start()
    const run = tail(url, '--json')
    await subscribed()
    await channel.publish({ event: 'score', data: '1' })
    await until(() => run.out !== '')
    for (const socket of server.sockets) socket.destroy()
    await until(() => run.err.includes('connected again'))
    await channel.publish({ event: 'score', data: '2' })
    await until(() => run.events.length === 2)
    expect(run.err).toMatch(/the connection failed: .+; the next try is in \d+\.\d s\n/)
    expect(run.events.map(({ data }) => data)).toEqual(['1', '2'])
    run.interrupt()
    expect(await run.exitCode).toBe(0)
  })

  it('tells of a gap, and ends with 0 when the server has finished the stream', async () => {
    const { url, live } = await start()
    const run = tail(url, '--last-event-id', 'unknown')
    await until(() => run.err.includes('gap (unknown): events are missing in game'))
    for (const connection of live.registry.connections()) connection.finish()
    expect(await run.exitCode).toBe(0)
    expect(run.err).toMatch(/the server has finished the stream\n$/)
  })

  it('ends with 0 when the program that reads its output has ended', async () => {
    const { url, channel, subscribed } = await start()
    const run = tail(url)
    await subscribed()
    run.closePipe()
    const publishing = setInterval(() => void channel.publish({ event: 'score', data: '1' }), 5)
    expect(await run.exitCode).toBe(0)
    clearInterval(publishing)
  })

  it('ends with 0 when the program that reads its notices has ended', async () => {
    const { url, server, subscribed } = await start()
    const run = tail(url)
    await subscribed()
    await until(() => run.err !== '')
    run.closeNotices()
    const cutting = setInterval(() => server.sockets.forEach((socket) => socket.destroy()), 20)
    afterTest(() => clearInterval(cutting))
    expect(await run.exitCode).toBe(0)
  })

  const itWithFull = existsSync('/dev/full') ? it : it.skip

  itWithFull('ends with 1, and says why, when its output cannot be written', async () => {
    const { url, channel, subscribed } = await start()
    const full = openSync('/dev/full', 'w')
    afterTest(() => closeSync(full))
    const run = new Run(['tail', url], {}, full)
    await subscribed()
    await channel.publish({ event: 'score', data: '1' })
    expect(await run.exitCode).toBe(1)
    expect(run.err).toMatch(/the output cannot be written: .*ENOSPC.*\n$/)
  })

  it.each([
    ['sse-gap', '{}', 'gap: events are missing'],
    ['sse-gap', '{"channels":[{"toString":1},"game"],"reason":{"toString":1}}', 'gap: events are missing in game'],
    ['sse-ready', '{"resumed":true,"replayed":{"toString":1}}', 'resumed without a gap; 0 missed events'],
  ])('goes on after a %s of another server: %s', async (type, data, words) => {
    const { url } = await start((_req, res) => {
      res.setHeader('Content-Type', 'text/event-stream')
      res.write(`event: ${type}\ndata: ${data}\n\ndata: after\n\n`)
    })
    const run = tail(url)
    await until(() => run.out.includes('after'))
    expect(run.err).toContain(`${words}\n`)
    run.interrupt()
    expect(await run.exitCode).toBe(0)
  })

  it('ends with 1 when the stream is refused', async () => {
    const { url } = await start((_req, res) => {
      res.statusCode = 401
      res.end()
    })
    const run = tail(url)
    expect(await run.exitCode).toBe(1)
    expect(run.err).toMatch(/the server answers 401 Unauthorized\n$/)
  })

  it('ends with 2 and the reason when no server is there', async () => {
    const { url, server } = await start()
    await server.close()
    const run = tail(url)
    expect(await run.exitCode).toBe(2)
    expect(run.err).toMatch(/the connection failed: connect ECONNREFUSED/)
  })

  it('tries again when no connection is made after an answer that was not final', async () => {
    let tries = 0
    const { url } = await start((req, res, next) => {
      if (++tries === 1) res.writeHead(503).end()
      else if (tries === 2) req.socket.destroy()
      else next()
    })
    const run = tail(url)
    await until(() => run.err.includes('connected'))
    expect(run.err).toContain('the server answers 503 Service Unavailable')
    expect(run.err).toContain('the connection failed')
    run.interrupt()
    expect(await run.exitCode).toBe(0)
  })

  it('ends with 2 for a wrong command line', async () => {
    const run = tail('--evnt')
    const header = tail('http://127.0.0.1:1/', '-H', 'a(b: c')
    expect(await run.exitCode).toBe(2)
    expect(run.err).toBe('there is no option --evnt; did you mean --event?\nSee: express-sse-channels --help\n')
    expect(await header.exitCode).toBe(2)
    expect(header.err).toContain('a(b')
  })

  it('prints its help and its version', async () => {
    const help = new Run(['--help'])
    const version = new Run(['-v'])
    expect(await help.exitCode).toBe(0)
    expect(help.out).toContain('Usage: express-sse-channels tail <URL>')
    expect(await version.exitCode).toBe(0)
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
