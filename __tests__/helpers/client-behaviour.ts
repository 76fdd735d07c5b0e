// What every browser and runtime has to show: the client's own checks, in code that runs in all of them. They talk to the
// routes of client-behaviour-server.ts and tell it what they found.
import { EventStream, type EventStreamOptions } from '../../src/client/index.js'
import { SharedEventStream } from '../../src/client/shared/index.js'

export interface Finding {
  name: string
  /** What went wrong; none if nothing did. */
  problem?: string
}

interface Connected {
  stream: EventStream
  next: (type?: string) => Promise<MessageEvent<string>>
  key: string
}

type Check = (connect: (route: string, options?: EventStreamOptions) => Connected) => Promise<void>

let keys = 0

/** Runs all checks against a server; the last resort after `timeout` ms is to count one as failed. */
export async function runBehaviour(base: string, timeout = 20_000): Promise<Finding[]> {
  const findings: Finding[] = []
  const random = Math.random
  Math.random = () => 0
  for (const [name, check] of Object.entries(checks(base))) {
    const open: EventStream[] = []
    const connect = (route: string, options?: EventStreamOptions) => {
      const key = `${route}-${++keys}`
      const stream = new EventStream(`${base}/${route}?key=${key}`, options)
      open.push(stream)
      return { stream, key, next: (type = 'message') => nextOf(stream, type) }
    }
    const problem = await inTime(outcome(check(connect)), timeout)
    findings.push({ name, ...(problem !== undefined && { problem }) })
    for (const stream of open) stream.close()
  }
  Math.random = random
  return findings
}

async function outcome(check: Promise<void>): Promise<string | undefined> {
  try {
    await check
    return undefined
  } catch (error) {
    return String(error)
  }
}

/** Leaves no timer, so that a program ends by itself if the streams leave none either. */
async function inTime(outcome: Promise<string | undefined>, ms: number): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`nothing for ${ms} ms`), ms)
  })
  const first = await Promise.race([outcome, late])
  clearTimeout(timer)
  return first
}

function nextOf(stream: EventStream, type: string): Promise<MessageEvent<string>> {
  return new Promise((resolve) => {
    stream.addEventListener(type, (event) => resolve(event as MessageEvent<string>), { once: true })
  })
}

function same(found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throw new Error(`expected ${b}; got ${a}`)
}

function checks(base: string): Record<string, Check> {
  return { ...reading(), ...requesting(base), ...reconnecting(base), ...closing(base), ...sharing(base) }
}

function reading(): Record<string, Check> {
  return {
    'reads a stream that comes byte by byte': async (connect) => {
      const { stream, next } = connect('bytes')
      const seen: unknown[] = []
      for (const type of ['message', 'named']) {
        stream.addEventListener(type, (event) => {
          const { data, lastEventId } = event as MessageEvent<string>
          seen.push([type, data, lastEventId])
        })
      }
      await next('last')
      same(seen, [
        ['message', 'plain', ''],
        ['named', 'two\nlines', '1'],
        ['message', '👩‍🚀⚽ é', '1'],
        ['message', '', '1'],
        ['message', 'after an ID alone', '2'],
      ])
    },
    'dispatches MessageEvents with an origin': async (connect) => {
      const { stream, next } = connect('bytes')
      const event = await next()
      same([event instanceof MessageEvent, event.origin], [true, new URL(stream.url).origin])
    },
    'reads an event of 1 MiB': async (connect) => {
      const { data } = await connect('large').next()
      same([data.length, /^x+$/.test(data)], [1024 * 1024, true])
    },
    'closes at an endless line': async (connect) => {
      const { stream, next } = connect('endless', { maxEventBytes: 100_000 })
      await next('close')
      same(stream.state, { name: 'closed', reason: { code: 'too-large' } })
    },
    'drops duplicate events': async (connect) => {
      const { stream, next } = connect('duplicates')
      const seen: string[] = []
      stream.addEventListener('message', ({ data }) => seen.push(data))
      await next('last')
      same(seen, ['a', 'older', 'b'])
    },
    'drops no event of another server': async (connect) => {
      const { stream, next } = connect('foreign')
      const seen: string[] = []
      stream.addEventListener('message', ({ data }) => seen.push(data))
      await next('last')
      same(seen, ['a', 'a'])
    },
    'has the interface of EventSource': async (connect) => {
      const { stream } = connect('bytes')
      const calls: string[] = []
      const done = new Promise<void>((resolve) => {
        stream.onopen = () => calls.push(`open ${stream.readyState}`)
        stream.onmessage = () => {
          calls.push('message')
          stream.close()
          resolve()
        }
      })
      await done
      same(calls, ['open 1', 'message'])
      same([stream.readyState, stream.CLOSED, EventStream.CLOSED, stream.withCredentials], [2, 2, 2, false])
      for (const url of ['http://[', 'mailto:a@b.c', 'about:blank', 'data:text/event-stream,data:x%0A%0A']) {
        let name = ''
        try {
          new EventStream(url).close()
        } catch (error) {
          name = (error as Error).name
        }
        same([url, name], [url, 'SyntaxError'])
      }
    },
  }
}

function requesting(base: string): Record<string, Check> {
  return {
    'sends headers, method and body with each try': async (connect) => {
      let tries = 0
      const { next } = connect('echo', { body: 'question', headers: () => ({ Authorization: `Bearer ${++tries}` }) })
      same(JSON.parse((await next()).data), { method: 'POST', authorization: 'Bearer 2', body: 'question' })
    },
    'sends the last event ID as UTF-8': async (connect) => {
      same((await connect('last-event-id').next('echo')).data, 'Tor ⚽ é')
    },
    'follows a redirect': async (connect) => {
      const { stream, next } = connect('redirect')
      await next()
      same(stream.url.startsWith(`${base}/redirect`), true)
    },
  }
}

function reconnecting(base: string): Record<string, Check> {
  return {
    'reconnects after 500, 502, 503, 408 and 429': async (connect) => {
      same((await connect('failing').next()).data, '5 failures')
    },
    'reconnects after a cut, without the half event': async (connect) => {
      const { stream, next, key } = connect('cut')
      const seen: string[] = []
      stream.addEventListener('message', ({ data }) => seen.push(data))
      await next()
      await fetch(`${base}/cut-now?key=${key}`)
      await next('last')
      same(seen, ['whole', 'new'])
    },
    'reconnects if no answer comes': async (connect) => {
      same((await connect('no-answer', { keepAlive: 100 }).next()).data, 'answered')
    },
    'reconnects after a silent stream': async (connect) => {
      same((await connect('silent', { keepAlive: 100 }).next()).data, 'again')
    },
    'reports its states': async (connect) => {
      const { stream, next } = connect('duplicates')
      const states: string[] = []
      stream.addEventListener('statechange', ({ detail }) => states.push(detail.name))
      await next('last')
      same(states.join(), ['open', 'waiting', 'connecting', 'open'].join())
    },
  }
}

function closing(base: string): Record<string, Check> {
  const stops = (route: string, reason: object, options?: EventStreamOptions): Check => {
    return async (connect) => {
      const { stream, next } = connect(route, options)
      await next('close')
      const { state } = stream
      same(
        [state.name, state.name === 'closed' && { ...state.reason, ...reason }],
        ['closed', 'reason' in state && state.reason],
      )
    }
  }
  return {
    'stops after 204': stops('status-204', { code: 'status', status: 204 }),
    'stops after 404': stops('status-404', { code: 'status', status: 404 }),
    'stops after the end of a stream': stops('finished', { code: 'finished' }),
    'stops after the end of a response to a body': stops('ended', { code: 'ended' }, { body: 'question' }),
    'stops at another content type': stops('html', { code: 'content-type', contentType: 'text/html' }),
    'stops if the last of two content types is another': stops('two-types', { code: 'content-type' }),
    'releases the connection when it is closed': async (connect) => {
      const { stream, next, key } = connect('held')
      await next()
      stream.close()
      same(await (await fetch(`${base}/released?key=${key}`)).text(), 'released')
    },
    'is closed by a signal': async (connect) => {
      const abort = new AbortController()
      const { stream, next } = connect('held', { signal: abort.signal })
      await next()
      abort.abort()
      same(stream.state.name, 'closed')
    },
  }
}

function sharing(base: string): Record<string, Check> {
  return {
    'shares one connection, and takes it over when its leader closes': async () => {
      const { document, navigator } = globalThis as { document?: unknown; navigator?: { locks?: unknown } }
      const isShared = navigator?.locks !== undefined
      if (document) same(isShared, true)
      const tabs = Array.from({ length: 6 }, () => {
        const stream = new SharedEventStream(`${base}/count`, { scope: 'a user', keepAlive: 1000 })
        const numbers: number[] = []
        stream.addEventListener('message', ({ data }) => numbers.push(Number(data)))
        return { stream, numbers }
      })
      const open = () => tabs.filter(({ stream }) => stream.readyState !== 2)
      const leaders = () => open().filter(({ stream }) => stream.role === 'leader')
      while (open().length > 1) {
        const from = open().map(({ numbers }) => numbers.length)
        const hasNews = () => open().every(({ numbers }, i) => numbers.length > (from[i] ?? 0) + 5)
        while (!hasNews()) await new Promise((resolve) => setTimeout(resolve, 5))
        same(leaders().length, isShared ? 1 : open().length)
        leaders()[0]?.stream.close()
      }
      for (const { stream, numbers } of tabs) {
        stream.close()
        const [first = 0] = numbers
        same(
          numbers,
          numbers.map((_, i) => first + i),
        )
      }
    },
  }
}
