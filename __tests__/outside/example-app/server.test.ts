import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import request from 'supertest'
import type { Availability, Score } from '../../../example-app/events.js'
import type { HomeState } from '../../../example-app/home-page.js'
import { html, jsonScript } from '../../../example-app/html.js'
import { loadMatches, type Match } from '../../../example-app/match.js'
import { timeline } from '../../../example-app/timeline.js'
import { exampleDirectory, follow, startExampleApp } from '../../helpers/example-app.js'
import { until } from '../../helpers/until.js'

const matchesDirectory = join(exampleDirectory, 'matches')
const matches = loadMatches(matchesDirectory)
const [shortest] = matches.toSorted((a, b) => timeline(a).length - timeline(b).length) as [Match]
const final = 'argentina-france-2022'

describe('the match files', () => {
  it('are named after the IDs of their matches', () => {
    expect(matches.length).toBeGreaterThanOrEqual(4)
    expect(matches.map(({ id }) => `${id}.json`)).toEqual(readdirSync(matchesDirectory).sort())
  })

  describe.each(matches.map((match) => [match.id, match] as const))('%s', (_id, match) => {
    const minutes = match.goals.map(({ minute, stoppage = 0 }) => minute + stoppage / 100)

    it('has goals that add up to the result', () => {
      expect(tally(match.goals)).toEqual({ home: match.result.home, away: match.result.away })
    })

    it('has a shoot-out only after a draw, with kicks that add up to its result', () => {
      expect(match.shootout !== undefined).toBe(match.result.home === match.result.away)
      expect(match.shootout && tally(match.shootout.filter(({ scored }) => scored))).toEqual(match.result.shootout)
    })

    it('has its goals in order and within the playing time', () => {
      expect(minutes).toEqual([...minutes].sort((a, b) => a - b))
      expect(minutes[0]).toBeGreaterThanOrEqual(1)
      expect(Math.floor(minutes.at(-1)!)).toBeLessThanOrEqual(match.result.extraTime ? 120 : 90)
    })

    it('has extra time only if the score was level after 90 minutes', () => {
      const after90 = tally(match.goals.filter(({ minute }) => minute <= 90))
      expect(match.result.extraTime).toBe(after90.home === after90.away)
    })

    it('names its source and date', () => {
      expect(match.source).toContain(new Date(match.date).toLocaleDateString('en-GB', { dateStyle: 'long' }))
      expect(match.source).toMatch(/^(FIFA|UEFA) match re(port|cord)/)
    })

    it('is replayed with every goal and kick once', () => {
      const steps = timeline(match)
      expect(steps.flatMap(({ goals }) => goals)).toEqual(match.goals)
      expect(steps.flatMap(({ kick }) => kick ?? [])).toEqual(match.shootout ?? [])
      expect(steps.at(-1)?.period).toBe('full-time')
    })
  })
})

describe('the replay', () => {
  it('ends every match with its real result, and starts again', async () => {
    const { app, replay } = await startExampleApp()
    const scores = async () => {
      const body = bodyOf(await request(app).get('/games'))
      return (body as { score: Score }[]).map(({ score }) => score)
    }
    const longest = Math.max(...matches.map((match) => timeline(match).length))
    const results = new Map<string, Score>()
    for (let tick = 0; tick < longest; tick++) {
      replay.tick()
      for (const score of await scores()) if (score.period === 'full-time') results.set(score.game, score)
    }
    for (const match of matches) expect(results.get(match.id)).toMatchObject(resultOf(match))
    expect(timeline(shortest).length).toBeLessThan(longest)
    expect(Math.max(...(await scores()).map(({ run }) => run))).toBe(2)
  }, 60_000)

  it('publishes goals, scores and the clock to the clients of a game', async () => {
    const { url, replay } = await startExampleApp()
    const stream = await follow(`${url}/games/${final}`)
    await stream.ready()
    for (let tick = 0; tick < 23; tick++) replay.tick()
    const goal = await stream.next('goal')
    expect(goal.data).toMatchObject({ scorer: 'Lionel Messi', minute: '23', kind: 'penalty', home: 1, away: 0 })
    const score = await stream.next('score', ({ home }) => home === 1)
    expect(score.data.goals).toHaveLength(1)
    await stream.next('clock', ({ minute }) => minute === '23')
  })

  it('takes a finished match off the board until its next kick-off, and tells those who watch', async () => {
    const { app, url, replay } = await startExampleApp()
    const watching = await follow(`${url}/games/${shortest.id}`)
    await watching.ready()
    const minutesOf = (match: Match) => timeline(match).findIndex(({ leaves }) => leaves) + 1
    const minutes = minutesOf(shortest)
    const others = matches.filter((match) => minutesOf(match) > minutes).map(({ id }) => id)
    for (let tick = 0; tick < minutes; tick++) replay.tick()
    await watching.next('score', ({ period, hasLeft }) => period === 'full-time' && hasLeft === undefined)
    await watching.next('score', ({ hasLeft }) => hasLeft === true)
    const board = async () => (bodyOf(await request(app).get('/games')) as { id: string }[]).map(({ id }) => id)
    expect(await board()).toEqual(others)
    expect((await request(app).get('/')).text).toMatch(new RegExp(`data-game="${shortest.id}"[^>]* hidden`))
    const newcomer = await follow(`${url}/stream`)
    await newcomer.ready()
    const games = newcomer.events.filter(({ type }) => type === 'score').map(({ data }) => (data as Score).game)
    expect(games.sort()).toEqual(others)

    for (let tick = minutes; tick <= timeline(shortest).length; tick++) replay.tick()
    await watching.next('score', ({ run, hasLeft }) => run === 2 && hasLeft === undefined)
    expect(await board()).toContain(shortest.id)
  })

  it('tells every page when its speed changes', async () => {
    const { app, url } = await startExampleApp()
    const stream = await follow(`${url}/stream`)
    const body = bodyOf(await request(app).put('/replay').send({ speed: 250, running: true }).expect(200))
    expect(body).toEqual({ speed: 250, running: true })
    await stream.next('replay', ({ speed, running }) => speed === 250 && running)
    await request(app).get('/replay').expect(200, { speed: 250, running: true })
  })
})

describe('a game at /games/:id', () => {
  it('answers JSON to Accept: application/json', async () => {
    const { app } = await startExampleApp()
    const response = await request(app).get(`/games/${final}`).set('Accept', 'application/json').expect(200)
    expect(response.type).toBe('application/json')
    expect(response.headers.vary).toContain('Accept')
    expect(response.body).toMatchObject({ id: final, home: { name: 'Argentina' }, score: { home: 0, away: 0 } })
  })

  it('answers a stream to Accept: text/event-stream, at the same URL', async () => {
    const { url } = await startExampleApp()
    const { response, next } = await follow(`${url}/games/${final}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const { data, id } = await next('connecttime')
    expect(id).toBe('')
    expect(Date.parse(data.time)).not.toBeNaN()
    expect(data.connection).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('answers 404 with JSON to both if there is no such game', async () => {
    const { app } = await startExampleApp()
    for (const accept of ['application/json', 'text/event-stream']) {
      const body = bodyOf(await request(app).get('/games/nobody').set('Accept', accept).expect(404))
      expect(body).toEqual({ error: expect.stringContaining('no game "nobody"') as string })
    }
  })

  it('sends a PUT score to open streams, with the ID in the answer to the PUT', async () => {
    const { app, url } = await startExampleApp()
    const stream = await follow(`${url}/games/${final}`)
    const other = await follow(`${url}/games/brazil-germany-2014`)
    await Promise.all([stream.ready(), other.ready()])
    const body = bodyOf(await request(app).put(`/games/${final}/score`).send({ home: 9, away: 0 }).expect(200))
    const event = await stream.next('score', ({ byHand }) => byHand === true)
    expect(event).toMatchObject({ id: (body as { id: string }).id, data: { home: 9, away: 0 } })
    await request(app).put('/games/brazil-germany-2014/score').send({ home: 1, away: 1 }).expect(200)
    await other.next('score', ({ byHand }) => byHand === true)
    expect(other.events.filter(({ data }) => (data as Partial<Score>).byHand)).toHaveLength(1)
  })
})

describe('a match played again, /games/:id/again,', () => {
  it('ends with its result, and is not sent again to a client that comes back', async () => {
    const { app, url } = await startExampleApp({ speed: 20 })
    const stream = await follow(`${url}/games/${final}/again`)
    await stream.ended
    const ofType = (type: string) => stream.events.filter((event) => event.type === type)
    const match = matches.find(({ id }) => id === final)!
    expect(ofType('goal')).toHaveLength(match.goals.length)
    expect(ofType('score').at(-1)?.data).toMatchObject({ period: 'full-time', ...resultOf(match) })
    const end = stream.events.at(-1)!
    expect(end.type).toBe('sse-end')
    const again = request(app).get(`/games/${final}/again`).set('Accept', 'text/event-stream')
    await again.set('Last-Event-ID', end.id).expect(204)
  })

  it('stops when its client leaves', async () => {
    const failures: Error[] = []
    const { url, registry } = await startExampleApp({ speed: 60_000, onError: (error) => failures.push(error) })
    const stream = await follow(`${url}/games/${final}/again`)
    await stream.next('clock')
    stream.leave()
    await until(() => registry.stats().connections === 0)
    expect(failures).toEqual([])
  })

  it('answers 406 to other requests, and 404 if there is no such game', async () => {
    const { app } = await startExampleApp()
    await request(app).get(`/games/${final}/again`).set('Accept', 'application/json').expect(406)
    await request(app).get('/games/nobody/again').set('Accept', 'text/event-stream').expect(404)
  })
})

describe('the page', () => {
  it('is rendered with the scores and the stock, as text and as data', async () => {
    const { app, replay } = await startExampleApp()
    for (let tick = 0; tick < 3; tick++) replay.tick()
    await request(app).put('/products/cap-cord/availability').send({ stock: 3 }).expect(200)
    const { text: page } = await request(app).get('/').expect('Content-Type', /html/).expect(200)
    expect(page.match(/<article\s/g)).toHaveLength(matches.length)
    expect(page).toContain('<li>Carli Lloyd 3′</li>')
    expect(page).toContain('Only 3 left')
    const { games, products } = stateOf(page)
    expect(games.find(({ score }) => score.game === 'usa-japan-2015')).toMatchObject({ score: { home: 1, away: 0 } })
    expect(products).toContainEqual(
      expect.objectContaining({ availability: { sku: 'cap-cord', stock: 3, status: 'low' } }),
    )
  })

  it('has the ID that its stream begins with, so that nothing is lost until then', async () => {
    const { app, url } = await startExampleApp()
    const { lastEventId } = stateOf((await request(app).get('/')).text)
    await request(app).put(`/games/${final}/score`).send({ home: 1, away: 0 }).expect(200)
    await request(app).put(`/games/${final}/score`).send({ home: 2, away: 0 }).expect(200)
    const { ready, events } = await follow(`${url}/stream?lastEventId=${lastEventId}`)
    expect(await ready()).toMatchObject({ resumed: true, replayed: 2 })
    expect(events.filter(({ type }) => type === 'score').map(({ data }) => (data as Score).home)).toEqual([1, 2])
  })

  it('escapes all that is rendered', () => {
    const text = '</script><b a="&\'">'
    expect(html`<i title="${text}">${[html`${text}`]}</i>`.text).toBe(
      '<i title="&lt;/script&gt;&lt;b a=&quot;&amp;&#39;&quot;&gt;">&lt;/script&gt;&lt;b a=&quot;&amp;&#39;&quot;&gt;</i>',
    )
    expect(jsonScript('state', { text }).text).not.toContain('</script><')
    expect(JSON.parse(jsonScript('state', { text }).text.replace(/^<.*?>|<.*?>$/g, ''))).toEqual({ text })
  })
})

describe('the stream of the page, /stream,', () => {
  it('gives a new client the latest state of everything', async () => {
    const { app, url } = await startExampleApp({ replay: true, speed: 60_000 })
    await request(app).put('/products/cap-cord/availability').send({ stock: 3 }).expect(200)
    const { ready, events } = await follow(`${url}/stream`)
    expect(await ready()).toMatchObject({ resumed: false })
    const ofType = (type: string) => events.filter((event) => event.type === type).map(({ data }) => data)
    expect(ofType('score')).toHaveLength(matches.length)
    expect(ofType('availability')).toHaveLength(8)
    expect(ofType('availability')).toContainEqual({ sku: 'cap-cord', stock: 3, status: 'low' })
  })

  it.each([
    [0, 'sold out'],
    [5, 'low'],
    [6, 'in stock'],
  ])('sends a stock of %i as %s', async (stock, status) => {
    const { app, url } = await startExampleApp()
    const stream = await follow(`${url}/stream`)
    await stream.ready()
    const body = bodyOf(await request(app).put('/products/ball-5/availability').send({ stock }).expect(200))
    const event = await stream.next('availability', ({ sku, stock: left }) => sku === 'ball-5' && left === stock)
    expect(event).toMatchObject({ id: (body as { id: string }).id, data: { status } })
  })

  it('sends only the newest stock of an update window, and a goal at once', async () => {
    const { app, url, replay } = await startExampleApp()
    const stream = await follow(`${url}/stream?every=10000`)
    await stream.ready()
    for (const stock of [5, 4, 3]) await request(app).put('/products/ball-5/availability').send({ stock }).expect(200)
    for (let tick = 0; tick < 3; tick++) replay.tick()
    await stream.next('goal', ({ scorer }) => scorer === 'Carli Lloyd')
    const data = stream.events.filter(({ type }) => type === 'availability').map(({ data }) => data as Availability)
    const stocks = data.filter(({ sku }) => sku === 'ball-5').map(({ stock }) => stock)
    expect(stocks.at(-1)).toBe(3)
    expect(stocks).not.toContain(4)
  })

  it.each(['', 'often', '0', '249', '10001', '-1', '1&every=2'])('answers 400 to ?every=%s', async (every) => {
    const { app } = await startExampleApp()
    const stream = request(app).get(`/stream?every=${every}`).set('Accept', 'text/event-stream')
    expect(bodyOf(await stream.expect(400))).toEqual({ error: expect.stringMatching(/^send \?every=2000/) as string })
  })

  it('answers 406 to other requests', async () => {
    const { app } = await startExampleApp()
    const body = bodyOf(await request(app).get('/stream').set('Accept', 'application/json').expect(406))
    expect(body).toEqual({ error: expect.stringContaining('text/event-stream') as string })
  })

  it('is cut by POST /connections/:id/cut, and resumes with missed events once and in order', async () => {
    const { app, url, replay } = await startExampleApp()
    const first = await follow(`${url}/stream`)
    const { data } = await first.next('connecttime')
    await first.ready()
    for (let tick = 0; tick < 25; tick++) replay.tick()
    await first.next('goal', ({ scorer, minute }) => scorer === 'Toni Kroos' && minute === '24')
    await request(app).post(`/connections/${data.connection}/cut`).expect(204)
    await first.ended
    await request(app).post(`/connections/${data.connection}/cut`).expect(404)

    for (let tick = 0; tick < 20; tick++) replay.tick()
    const lastEventId = first.events.findLast(({ id }) => id)!.id
    const second = await follow(`${url}/stream`, { lastEventId })
    expect(await second.ready()).toMatchObject({ resumed: true })
    const goals = [...first.events, ...second.events].filter(({ type }) => type === 'goal')
    const expected = matches.flatMap((match) => match.goals).filter(({ minute }) => minute <= 45)
    expect(goals).toHaveLength(expected.length)
    expect(new Set(goals.map(({ id }) => id)).size).toBe(goals.length)
    const ofBrazil = goals.map(({ data }) => data as { game: string; minute: string })
    expect(ofBrazil.filter(({ game }) => game.startsWith('brazil')).map(({ minute }) => Number(minute))).toEqual([
      11, 23, 24, 26, 29,
    ])
  })
})

describe('the connections of a visitor', () => {
  const visit = async (url: string) => (await fetch(url)).headers.get('set-cookie')!.split(';')[0]!
  const list = async (url: string, cookie: string) =>
    await (await fetch(`${url}/connections`, { headers: { cookie } })).text()
  const post = (url: string, cookie: string) => fetch(url, { method: 'POST', headers: { cookie } })

  it('are listed without those of others, and ended one by one', async () => {
    const { url } = await startExampleApp()
    const [cookie, other] = [await visit(url), await visit(url)]
    const streams = await Promise.all([
      follow(`${url}/stream`, { cookie }),
      follow(`${url}/games/${final}`, { cookie }),
      follow(`${url}/stream`, { cookie: other }),
      follow(`${url}/stream`),
    ])
    await Promise.all(streams.map(({ ready }) => ready()))
    const page = await list(url, cookie)
    const ids = [...page.matchAll(/\/connections\/([^/]+)\/end/g)].map(([, id]) => id)
    const own = await Promise.all(
      streams.slice(0, 2).map(async ({ next }) => (await next('connecttime')).data.connection),
    )
    expect(ids.sort()).toEqual(own.sort())
    expect(page).toContain(`<dd>game:${final}</dd>`)
    expect(page).toContain(`<dd>${streams[0].events.findLast(({ id }) => id)!.id}</dd>`)

    const [, game] = streams
    const { connection } = game.events.find(({ type }) => type === 'connecttime')!.data as { connection: string }
    await post(`${url}/connections/${connection}/end`, other)
    expect(await list(url, cookie)).toContain(connection)
    await post(`${url}/connections/${connection}/end`, cookie)
    await game.ended
    expect(await list(url, cookie)).not.toContain(connection)
  })

  it('end with "Sign out everywhere", and are refused until the page is loaded again', async () => {
    const { url } = await startExampleApp()
    const [cookie, other] = [await visit(url), await visit(url)]
    const streams = await Promise.all([
      follow(`${url}/stream`, { cookie }),
      follow(`${url}/games/${final}`, { cookie }),
    ])
    const stays = await follow(`${url}/stream`, { cookie: other })
    await Promise.all([...streams, stays].map(({ ready }) => ready()))
    const page = await post(`${url}/sign-out`, cookie)
    await Promise.all(streams.map(({ ended }) => ended))
    expect(await page.text()).toContain('2 connections were ended')
    expect((await follow(`${url}/stream`, { cookie })).response.status).toBe(401)
    expect(await list(url, other)).toContain((await stays.next('connecttime')).data.connection)
    const again = (await fetch(url, { headers: { cookie } })).headers.get('set-cookie')!.split(';')[0]!
    expect((await follow(`${url}/stream`, { cookie: again })).response.status).toBe(200)
  })

  it('are none for a visitor without a session', async () => {
    const { url } = await startExampleApp()
    await (await follow(`${url}/stream`)).ready()
    expect(await list(url, '')).toContain('No connection is open')
    expect((await post(`${url}/sign-out`, 'matchday-session=guessed')).url).toBe(`${url}/connections`)
  })
})

describe('invalid input', () => {
  it.each([
    ['PUT', `/games/${final}/score`, {}],
    ['PUT', `/games/${final}/score`, { home: 1 }],
    ['PUT', `/games/${final}/score`, { home: -1, away: 0 }],
    ['PUT', `/games/${final}/score`, { home: 1.5, away: 0 }],
    ['PUT', `/games/${final}/score`, { home: '1', away: 0 }],
    ['PUT', `/games/${final}/score`, { home: 100, away: 0 }],
    ['PUT', `/games/${final}/score`, [1, 0]],
    ['PUT', '/products/ball-5/availability', {}],
    ['PUT', '/products/ball-5/availability', { stock: -1 }],
    ['PUT', '/products/ball-5/availability', { stock: null }],
    ['PUT', '/products/ball-5/availability', { stock: 10_000 }],
    ['PUT', '/replay', {}],
    ['PUT', '/replay', { speed: 0 }],
    ['PUT', '/replay', { speed: 1e9 }],
    ['PUT', '/replay', { speed: 500, running: 'yes' }],
    ['PUT', '/sales', { running: 1 }],
  ])('%s %s %j is answered 400 with the accepted form', async (_method, path, body) => {
    const { app } = await startExampleApp()
    const response = await request(app).put(path).send(body).expect(400)
    expect(response.body).toEqual({ error: expect.stringMatching(/^send /) as string })
  })

  it('that is broken JSON, or no JSON at all, is answered 400', async () => {
    const { app } = await startExampleApp()
    const put = () => request(app).put(`/games/${final}/score`)
    const broken = await put().set('Content-Type', 'application/json').send('{"home":').expect(400)
    expect(broken.body).toHaveProperty('error')
    const body = bodyOf(await put().set('Content-Type', 'text/plain').send('2:1').expect(400))
    expect(body).toEqual({ error: expect.stringContaining('Content-Type: application/json') as string })
  })

  it.each([
    ['put', '/games/nobody/score'],
    ['put', '/products/nothing/availability'],
    ['post', '/connections/none/cut'],
    ['get', '/nothing'],
  ] as const)('%s %s is answered 404 with JSON', async (method, path) => {
    const { app } = await startExampleApp()
    const body = bodyOf(await request(app)[method](path).send({ home: 1, away: 1, stock: 1 }).expect(404))
    expect(body).toHaveProperty('error')
  })

  it('publishes nothing', async () => {
    const { app, registry } = await startExampleApp()
    const before = registry.stats().published
    await request(app).put(`/games/${final}/score`).send({ home: -1, away: 0 }).expect(400)
    await request(app).put('/products/ball-5/availability').send({ stock: 'many' }).expect(400)
    expect(registry.stats().published).toBe(before)
  })
})

describe('the counts at /stats', () => {
  it('include the connections and the published events', async () => {
    const { app, url } = await startExampleApp()
    const { ready } = await follow(`${url}/stream`)
    await ready()
    const body = bodyOf(await request(app).get('/stats').expect(200))
    expect(body).toMatchObject({ connections: 1 })
    expect((body as { published: number }).published).toBeGreaterThan(8)
  })
})

describe('npm start', () => {
  it('prints its address and what to try, and ends on SIGTERM, also with a stream open', async () => {
    const server = start('--port', '0')
    try {
      const greeting = await greetingOf(server)
      expect(greeting).toContain('go offline, wait for a goal, and go online')
      expect(greeting).toContain("curl -N -H 'Accept: text/event-stream'")
      const url = /http:\/\/\S+\//.exec(greeting)![0]
      const page = await fetch(url)
      expect(await page.text()).toContain('<title>express-sse-channels')
      const stream = await follow(`${url}stream`)
      await stream.ready()
      server.kill('SIGTERM')
      await stream.ended
      expect(await once(server, 'exit')).toEqual([0, null])
    } finally {
      server.kill('SIGKILL')
    }
  })

  it('names the command that takes a free port, if its own is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    try {
      const { message, exit } = await refusal(start('--port', `${port}`))
      expect(exit).toEqual([1, null])
      expect(message).toBe(`Port ${port} is taken. Take a free one: npm start -- --port 0\n`)
    } finally {
      taken.close()
    }
  })

  it.each([
    ['many', '--port must be a whole number from 0 to 65535; got "many"'],
    // The port is read first.
    ['', '--speed must be a whole number'],
  ])('reads PORT=%s of the environment, where an empty one counts as unset', async (port, expected) => {
    const { message } = await refusal(startWith({ PORT: port }, '--speed', '0'))
    expect(message).toContain(expected)
  })

  it.each([
    ['--port', 'many'],
    ['--speed', '0'],
    ['--colour', 'red'],
  ])('refuses %s %s with its usage', async (...flags) => {
    const { message, exit } = await refusal(start(...flags))
    expect(exit).toEqual([1, null])
    expect(message).toContain('Usage: npm start')
  })
})

function start(...flags: string[]) {
  return startWith({}, ...flags)
}

function startWith(env: NodeJS.ProcessEnv, ...flags: string[]) {
  const args = ['--import', 'tsx', join(exampleDirectory, 'server.ts'), ...flags]
  const options = { cwd: join(exampleDirectory, '..'), env: { ...process.env, ...env } }
  return spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function refusal(server: ReturnType<typeof start>) {
  const [message, exit] = await Promise.all([text(server.stderr), once(server, 'exit') as Promise<unknown[]>])
  return { message, exit }
}

/** What the server prints when it listens. */
async function greetingOf({ stdout, stderr }: ReturnType<typeof start>): Promise<string> {
  let output = ''
  stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    output += chunk.toString()
    if (output.endsWith('\n\n')) return output
  }
  throw new Error(`the server ended before it listened: ${output}`)
}

function tally(list: { team: 'home' | 'away' }[]) {
  const count = (side: string) => list.filter(({ team }) => team === side).length
  return { home: count('home'), away: count('away') }
}

function resultOf({ result }: Match) {
  return { home: result.home, away: result.away, ...(result.shootout && { shootout: result.shootout }) }
}

/** The data that a page was rendered with. */
function stateOf(page: string): HomeState {
  return JSON.parse(/id="page-state">(.*)<\/script>/.exec(page)![1]!) as HomeState
}

/** The body of a supertest response, which has the type `any`. */
function bodyOf({ body }: { body: unknown }): unknown {
  return body
}
