import 'reflect-metadata'
import { ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Controller, Get, Injectable, Logger, Module, Req, Res, type INestApplication } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import express, { type RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import type { Session, SessionData } from 'express-session'
import { createHttpTerminator } from 'http-terminator'
import morgan from 'morgan'
import passport from 'passport'
import { Strategy } from 'passport-local'
import stoppable from 'stoppable'
import { sse, type SseMiddleware } from '../src/index.js'
import { afterTest } from './helpers/after-test.js'
import { recordResult } from './helpers/matrix-results.js'
import { asHandler, combinations, createSession, type Combination } from './helpers/middlewares.js'
import { openStream, type OpenStreamOptions } from './helpers/open-stream.js'
import { bareHttp, connect3, express5, oldExpress, startServer, type Handler, type Request } from './helpers/servers.js'
import { until } from './helpers/until.js'

const hosts = [express5, oldExpress, connect3]

type WithSession = Request & { session: Session & Partial<SessionData> & { name?: string } }

describe.each(combinations)('with $name', (combination) => {
  const streams: Record<string, boolean> = {}
  afterAll(() => {
    const { name, package: id, note } = combination
    const row = String(combinations.indexOf(combination)).padStart(2, '0')
    recordResult('middlewares', row, { name, version: versionOf(id), note, streams })
  })

  describe.each(combination.express ? hosts.filter(({ name }) => name.startsWith('Express')) : hosts)(
    'on $name',
    (kind) => {
      const start = (live: SseMiddleware, ...handlers: Handler[]) => {
        const { before, between } = combination
        return startServer(kind, ...(before?.() ?? []), live, ...(between?.() ?? []), ...handlers)
      }

      it('a stream sends event by event, and the middleware still works', async () => {
        const live = sse(combination.options)
        const server = await start(live, (_req, res) => res.sse?.subscribe('a'))
        const stream = await openStream(server, requestOf(combination))
        expect(await stream.next()).toMatchObject({ event: 'sse-ready' })
        for (const data of ['one', 'two', 'three']) {
          await live.channel('a').publish({ data })
          expect(await stream.next()).toMatchObject({ data })
        }
        expect(stream.status).toBe(200)
        expect(stream.headers['content-encoding']).toBe(combination.compressed && 'gzip')
        expect(stream.headers.vary).toMatch(/\bAccept\b/)
        combination.expectHead?.(stream.headers)
        streams[kind.name] = true
      })

      it('a stream notices a disconnect, and the client resumes when it reconnects', async () => {
        const live = sse(combination.options)
        const server = await start(live, (_req, res) => res.sse?.subscribe('a'))
        const stream = await openStream(server, requestOf(combination))
        await stream.next()
        stream.close()
        await until(() => live.registry.stats().connections === 0)
        await live.channel('a').publish({ data: 'missed' })
        const request = requestOf(combination)
        const headers = { ...request.headers, 'last-event-id': stream.lastEventId }
        const again = await openStream(server, { ...request, headers })
        expect(await again.next()).toMatchObject({ data: 'missed' })
      })

      it('a stream ends when the server closes it', async () => {
        const live = sse(combination.options)
        const server = await start(live, (_req, res) => res.sse?.subscribe('a'))
        const stream = await openStream(server, requestOf(combination))
        await stream.next()
        await live.close()
        expect(await stream.ended).toBe('ended')
      })
    },
  )
})

describe('morgan', () => {
  it.each([
    { immediate: true, when: 'begins' },
    { immediate: false, when: 'ends' },
  ])('logs a stream when it $when, with immediate: $immediate', async ({ immediate }) => {
    const lines: string[] = []
    const live = sse()
    const log = morgan(':method :status', { immediate, stream: { write: (line) => void lines.push(line) } })
    const server = await startServer(express5, asHandler(log), live, (_req, res) => res.sse?.open())
    const stream = await openStream(server)
    expect(lines).toHaveLength(immediate ? 1 : 0)
    await live.close()
    await stream.ended
    await until(() => lines.length === 1)
    if (!immediate) expect(lines).toEqual(['GET 200\n'])
  })
})

describe('express-session', () => {
  /** A route that names the session, a route that reads the name, and a stream. */
  const start = async (resave: boolean, onStream: Handler) => {
    const live = sse()
    const pages: Handler = (req, res, next) => {
      const { session } = req as WithSession
      if (req.url === '/stream') {
        next()
        return
      }
      if (req.url === '/rename') session.name = 'new'
      res.end(session.name ?? 'none')
    }
    const server = await startServer(express5, createSession({ resave }), pages, live, onStream)
    const read = (path: string, cookie = '') => fetch(server.origin + path, { headers: { cookie } })
    const ask = async (path: string, cookie: string) => (await read(path, cookie)).text()
    const login = async () => cookieOf((await read('/read')).headers.getSetCookie())
    return { live, server, ask, login }
  }

  const subscribe: Handler = (_req, res) => res.sse?.subscribe('a')
  const changeAndSubscribe: Handler = (req, res) => {
    ;(req as WithSession).session.name = 'old'
    res.sse?.subscribe('a')
  }
  const saveAndRelease: Handler = (req, res) => {
    const { session } = req as WithSession
    session.save(() => {
      res.sse?.subscribe('a')
      delete (req as Partial<WithSession>).session
    })
  }

  it.each([
    { resave: true, handler: subscribe, left: 'none', how: 'as it was when the stream began' },
    { resave: false, handler: subscribe, left: 'new', how: 'as other requests wrote it' },
    { resave: false, handler: changeAndSubscribe, left: 'old', how: 'as the handler changed it' },
    {
      resave: true,
      handler: saveAndRelease,
      left: 'new',
      how: 'as other requests wrote it, if the handler releases it',
    },
  ])('leaves the session $how after a stream, resave: $resave', async ({ resave, handler, left }) => {
    const { live, server, ask, login } = await start(resave, handler)
    const cookie = await login()
    const stream = await openStream(server, { path: '/stream', headers: { cookie } })
    await stream.next()
    expect(await ask('/rename', cookie)).toBe('new')
    await live.close()
    await stream.ended
    expect(await ask('/read', cookie)).toBe(left)
  })

  it.each([
    { handler: subscribe, left: 'none', when: 'only at its end' },
    { handler: saveAndRelease, left: 'new', when: 'at once if the handler saves it' },
  ])('stores a session that begins with a stream $when', async ({ handler, left }) => {
    const { server, ask } = await start(false, handler)
    const stream = await openStream(server, { path: '/stream' })
    await stream.next()
    const cookie = cookieOf(stream.headers['set-cookie'])
    await ask('/rename', cookie)
    expect(await ask('/read', cookie)).toBe(left)
  })
})

describe('express-rate-limit', () => {
  const limited = (options: object) =>
    asHandler(rateLimit({ limit: 1, keyGenerator: () => 'everybody', validate: false, ...options }))

  it('answers 429 beyond the limit, which stops a browser for good', async () => {
    const server = await startServer(express5, limited({}), sse(), (_req, res) => res.sse?.open())
    await openStream(server)
    expect(await openStream(server)).toMatchObject({ status: 429 })
  })

  it('can ask the client to reconnect later instead', async () => {
    const handler: Handler = (_req, res) => res.setHeader('Content-Type', 'text/event-stream').end('retry: 60000\n')
    const server = await startServer(express5, limited({ handler }), sse(), (_req, res) => res.sse?.open())
    await openStream(server)
    const stream = await openStream(server)
    expect(stream.status).toBe(200)
    await stream.ended
    expect(stream.retries).toEqual([60_000])
  })
})

describe('passport', () => {
  it.each([express5, oldExpress])('tells the handler which user the stream belongs to, on $name', async (kind) => {
    const authenticator = new passport.Passport()
    authenticator.use(new Strategy((name, _password, done) => done(null, { name })))
    authenticator.serializeUser((user, done) => done(null, user))
    authenticator.deserializeUser((user: Express.User, done) => done(null, user))
    const live = sse()
    const server = await startServer(
      kind,
      createSession(),
      asHandler(express.urlencoded({ extended: false })),
      asHandler(authenticator.initialize() as RequestHandler),
      asHandler(authenticator.session() as RequestHandler),
      live,
      (req, res, next) => {
        const { user } = req as { user?: { name: string } }
        if (req.method === 'POST') next()
        else if (user === undefined) res.writeHead(401).end()
        else res.sse?.subscribe(`user:${user.name}`)
      },
      asHandler(authenticator.authenticate('local') as RequestHandler),
      (_req, res) => res.end(),
    )
    const stranger = await openStream(server)
    expect(stranger.status).toBe(401)
    const body = new URLSearchParams({ username: 'ann', password: 'secret' })
    const login = await fetch(server.origin, { method: 'POST', body })
    const cookie = cookieOf(login.headers.getSetCookie())
    const stream = await openStream(server, { headers: { cookie } })
    await stream.next()
    await live.channel('user:ann').publish({ data: 'hello' })
    expect(await stream.next()).toMatchObject({ data: 'hello' })
  })
})

describe('NestJS', () => {
  it('streams from a controller, and closes after a drain of the streams', async () => {
    const live = sse()
    const app = await startNest(live)
    const { port } = app.getHttpServer().address() as AddressInfo
    const stream = await openStream({ port, kind: { http: '1.1', tls: false } }, { path: '/stream' })
    expect(await stream.next()).toMatchObject({ event: 'sse-ready' })
    await live.channel('a').publish({ data: 'one' })
    expect(await stream.next()).toMatchObject({ data: 'one' })
    await app.close()
    expect(await stream.ended).toBe('ended')
    recordResult('middlewares', '90', {
      name: 'NestJS on Express',
      version: versionOf('@nestjs/core'),
      note: 'drain in `beforeApplicationShutdown`, else `app.close()` waits for the streams',
      streams: { [express5.name]: true },
    })
  })
})

describe('a shutdown', () => {
  const start = async () => {
    const live = sse()
    const { server, port, kind } = await startServer(bareHttp, live, (_req, res) => res.sse?.subscribe('a'))
    ok(server instanceof Server)
    return { live, server, port, kind }
  }

  it('by stoppable finishes after a drain of the streams', async () => {
    const { live, server, ...target } = await start()
    const stopping = stoppable(server)
    const stream = await openStream(target)
    await live.registry.drain({ window: 50 })
    const graceful = await new Promise((resolve) => stopping.stop((_error, gracefully) => resolve(gracefully)))
    expect(graceful).toBe(true)
    expect(await stream.ended).toBe('ended')
  })

  it('by http-terminator finishes after a drain of the streams', async () => {
    const { live, server, ...target } = await start()
    const terminator = createHttpTerminator({ server })
    const stream = await openStream(target)
    await live.registry.drain({ window: 50 })
    await terminator.terminate()
    expect(server.listening).toBe(false)
    expect(await stream.ended).toBe('ended')
  })
})

/** A request for an event stream that accepts gzip, as browsers do. */
function requestOf({ request = {} }: Combination): OpenStreamOptions {
  return { ...request, headers: { 'accept-encoding': 'gzip', ...request.headers } }
}

function cookieOf(setCookie: readonly string[] = []): string {
  return setCookie.map((cookie) => cookie.split(';')[0]).join('; ')
}

function versionOf(name: string): string {
  const path = join(__dirname, '../node_modules', name, 'package.json')
  return `${name} ${(JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version}`
}

/** Nest's decorators are functions; called by hand they need no compiler option. */
async function startNest(live: SseMiddleware): Promise<INestApplication<Server>> {
  class StreamController {
    stream(_req: unknown, res: express.Response): void {
      res.sse?.subscribe('a')
    }
  }
  class Streams {
    beforeApplicationShutdown(): Promise<void> {
      return live.registry.drain({ window: 50 })
    }
  }
  class AppModule {
    readonly live = live
  }
  const { prototype } = StreamController
  Controller()(StreamController)
  Get('stream')(prototype, 'stream', Object.getOwnPropertyDescriptor(prototype, 'stream')!)
  Req()(prototype, 'stream', 0)
  Res()(prototype, 'stream', 1)
  Injectable()(Streams)
  Module({ controllers: [StreamController], providers: [Streams] })(AppModule)
  Logger.overrideLogger(false)
  const app = await NestFactory.create<INestApplication<Server>>(AppModule)
  app.use(live)
  await app.listen(0, '127.0.0.1')
  afterTest(() => app.close())
  return app
}
