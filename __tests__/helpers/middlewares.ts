/**
 * The rows of docs/middlewares.md: what apps put around `sse()`, and what each of them must still do there.
 */
import type { IncomingHttpHeaders } from 'node:http'
import compression from 'compression'
import cookieParser from 'cookie-parser'
import cors from 'cors'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import session from 'express-session'
import helmet from 'helmet'
import morgan from 'morgan'
import type { SseOptions } from '../../src/index.js'
import type { OpenStreamOptions } from './open-stream.js'
import type { Handler } from './servers.js'

export interface Combination {
  readonly name: string
  /** The npm package. */
  readonly package: string
  /** Whether it runs on Express alone. */
  readonly express?: true
  /** Middlewares in front of `sse()`. */
  readonly before?: () => Handler[]
  /** Middlewares between `sse()` and the handler. */
  readonly between?: () => Handler[]
  readonly options?: SseOptions
  readonly request?: OpenStreamOptions
  /** Whether the stream comes compressed. */
  readonly compressed?: true
  /** Shows that the middleware has done its own work. */
  readonly expectHead?: (headers: IncomingHttpHeaders) => void
  /** What to know about it, for the documentation; each is shown by a test. */
  readonly note?: string
}

/** Middlewares are typed for one framework or another, and run on all. */
export function asHandler(middleware: (req: never, res: never, next: never) => unknown): Handler {
  return middleware as Handler
}

/** Several cookies, set in several ways. */
export const setCookies: Handler = (_req, res, next) => {
  res.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; Path=/'])
  next()
}

export function createSession(options: Partial<session.SessionOptions> = {}): Handler {
  return asHandler(session({ secret: 'a secret', resave: false, saveUninitialized: true, ...options }))
}

const compressed = () => [asHandler(compression({ threshold: 0 }))]
const limiter = () => [
  asHandler(rateLimit({ limit: 100, keyGenerator: () => 'everybody', standardHeaders: 'draft-8', validate: false })),
]
const secured = () => [
  asHandler(helmet()),
  asHandler(cors({ origin: 'https://shop.example', credentials: true })),
  asHandler(morgan('tiny', { stream: { write: () => undefined } })),
  asHandler(cookieParser()),
  createSession(),
  asHandler(express.json()),
  ...limiter(),
  ...compressed(),
]

const expectCookies = (...names: string[]) => {
  return ({ 'set-cookie': cookies = [] }: IncomingHttpHeaders) => {
    expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(names)
  }
}

export const combinations: readonly Combination[] = [
  {
    name: 'compression, before',
    package: 'compression',
    before: compressed,
    note: 'steps aside, because the stream says `no-transform`',
  },
  { name: 'compression, after', package: 'compression', between: compressed, note: 'the same' },
  {
    name: 'compression of a stream that allows it',
    package: 'compression',
    before: compressed,
    options: { headers: { 'Cache-Control': 'no-cache' } },
    compressed: true,
    note: '`headers` without `no-transform`: compressed, and flushed with every event',
  },
  {
    name: 'helmet',
    package: 'helmet',
    before: () => [asHandler(helmet())],
    expectHead: (headers) => expect(headers).toHaveProperty('content-security-policy'),
  },
  {
    name: 'cors',
    package: 'cors',
    before: () => [asHandler(cors({ origin: ['https://shop.example'], credentials: true }))],
    request: { headers: { origin: 'https://shop.example' } },
    expectHead: (headers) => {
      expect(headers['access-control-allow-origin']).toBe('https://shop.example')
      expect(headers.vary).toBe('Origin, Accept')
    },
    note: '`Vary` names both `Origin` and `Accept`',
  },
  {
    name: 'morgan',
    package: 'morgan',
    before: () => [asHandler(morgan('tiny', { stream: { write: () => undefined } }))],
    note: 'its line comes when the stream ends; with `immediate: true` when it begins',
  },
  {
    name: 'cookie-parser',
    package: 'cookie-parser',
    before: () => [asHandler(cookieParser('a secret')), setCookies],
    request: { headers: { cookie: 'a=1' } },
    expectHead: expectCookies('a', 'b'),
    note: 'several `Set-Cookie` headers survive',
  },
  {
    name: 'express-session, `resave: false`',
    package: 'express-session',
    before: () => [setCookies, createSession()],
    expectHead: expectCookies('a', 'b', 'connect.sid'),
    note: 'saves a new or changed session when the response *ends*: [see below](#sessions)',
  },
  {
    name: 'express-session, `resave: true`',
    package: 'express-session',
    before: () => [setCookies, createSession({ resave: true })],
    expectHead: expectCookies('a', 'b', 'connect.sid'),
    note: 'writes the session back when the response ends, over newer data: [see below](#sessions)',
  },
  {
    name: 'express.json() and a POST',
    package: 'express',
    before: () => [asHandler(express.json())],
    request: { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } },
    note: 'a client that leaves is noticed, although the request has been read to its end',
  },
  {
    name: 'express-rate-limit',
    package: 'express-rate-limit',
    express: true,
    before: limiter,
    expectHead: (headers) => expect(headers).toHaveProperty('ratelimit'),
    note: 'its 429 stops a browser for good: [see below](#rate-limits)',
  },
  {
    name: 'all of the above',
    package: 'express',
    express: true,
    before: secured,
    request: { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } },
    expectHead: (headers) => {
      expect(headers).toHaveProperty('content-security-policy')
      expect(headers).toHaveProperty('ratelimit')
      expectCookies('connect.sid')(headers)
    },
  },
]
