// The recipes for React, Vue and Svelte, rendered by the frameworks themselves, against a server of this package.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sse, type Connection } from '../../src/index.js'
import { afterTest } from '../helpers/after-test.js'
import { mountRecipe, type Framework } from '../helpers/recipes.js'
import { until } from '../helpers/until.js'

interface Score {
  game: number
  home: number
  away: number
  over: boolean
}

/** A server that can lose its log, as a new process has. */
async function startScores() {
  const create = () => sse<{ score: Score }>({ retry: 1 })
  let live = create()
  const server = createServer((req, res) => {
    live(req, res, () => {
      const { sse: connection } = res as typeof res & { sse?: Connection }
      connection?.subscribe('scores')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(async () => {
    await live.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const publish = (game: number, home: number, over = false) => {
    const data = { game, home, away: 0, over }
    return live.channel('scores').publish({ event: 'score', data, key: `game:${game}` })
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    publish,
    connections: () => live.registry.stats().connections,
    restart: async (games: readonly number[]) => {
      live = create()
      for (const game of games) await publish(game, 5)
      server.closeAllConnections()
    },
  }
}

it.each<Framework>(['React', 'Vue', 'Svelte'])(
  'the %s recipe shows values, swaps the state after a gap, and stops at unmount',
  async (framework) => {
    const scores = await startScores()
    await scores.publish(1, 0)
    const { shown, unmount } = await mountRecipe(framework, scores.url)
    await until(() => shown.at(-1) === '1: 0–0')
    await scores.publish(2, 3)
    await until(() => shown.at(-1) === '1: 0–0, 2: 3–0')
    await scores.publish(1, 0, true)
    await until(() => shown.at(-1) === '2: 3–0')

    const before = shown.length
    await scores.restart([7, 8, 9])
    await until(() => shown.at(-1) === '7: 5–0, 8: 5–0, 9: 5–0')
    expect(shown.slice(before)).toEqual(['7: 5–0, 8: 5–0, 9: 5–0'])

    await until(() => scores.connections() === 1)
    unmount()
    await until(() => scores.connections() === 0)
  },
)
