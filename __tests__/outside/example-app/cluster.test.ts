// `npm run start:cluster`: what it prints where it cannot run, its own Redis, and its page.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createClient } from 'redis'
import { afterTest } from '../../helpers/after-test.js'
import { describeWithChromium } from '../../helpers/chromium.js'
import { exampleDirectory } from '../../helpers/example-app.js'
import { desktop, faults, openPage, phone } from '../../helpers/example-page.js'
import { freePort } from '../../helpers/free-port.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'

function spawnCluster(flags: string[], env: NodeJS.ProcessEnv = {}) {
  const args = ['--import', 'tsx', join(exampleDirectory, 'cluster.ts'), ...flags]
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  afterTest(() => end(child, 'SIGTERM'))
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

/** Runs it to its end. */
async function run(flags: string[], env?: NodeJS.ProcessEnv) {
  const child = spawnCluster(flags, env)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, stdout, stderr }
}

/** Starts it on free ports, with a Redis of its own. */
async function start() {
  const child = spawnCluster(['--port', '0'])
  let printed = ''
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    printed += chunk.toString()
    const [, redis] = /with Redis at (\S+)/.exec(printed) ?? []
    const [, url] = /One page for all: (\S+)/.exec(printed) ?? []
    if (redis !== undefined && url !== undefined) return { child, redis, url }
  }
  throw new Error(`the cluster ended before it had started: ${printed}`)
}

describe('the example of a cluster', () => {
  it('says once where Redis is missing and why, without the password, and ends', async () => {
    const redis = await freePort()
    const { code, stdout, stderr } = await run(['--port', '0', '--redis', `redis://me:secret@127.0.0.1:${redis}`])
    expect(stderr).toMatch(
      new RegExp(`^Redis at redis://127.0.0.1:${redis} cannot be reached: connect ECONNREFUSED .*--redis URL\\n$`),
    )
    expect([code, stdout]).toEqual([1, ''])
  })

  it('prints the line that starts a Redis where redis-server is not installed, and ends', async () => {
    const { code, stdout, stderr } = await run(['--port', '0'], { PATH: '' })
    expect(stderr).toMatch(/^redis-server is not installed\. Start one: docker run .* --redis redis:\/\/127.*\n$/)
    expect([code, stdout]).toEqual([1, ''])
  })
})

describeWithRedis('the example of a cluster with Redis', () => {
  it.each([0, 2])('says once which port is taken, number %i of its own, and ends', async (number) => {
    const redis = await RedisServer.start()
    afterTest(() => redis.close())
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    afterTest(() => taken.close())
    const { port } = taken.address() as AddressInfo
    const { code, stdout, stderr } = await run(['--port', `${port - number}`, '--redis', redis.url])
    // Another process of this machine may have one of those below.
    const ports = Array.from({ length: number + 1 }, (_, i) => port - i).join('|')
    const line = `^Port (${ports}) is taken. Take a free one: npm run start:cluster -- --port 0\\n$`
    expect(stderr).toMatch(new RegExp(line))
    expect([code, stdout]).toEqual([1, ''])
  })

  it('starts a Redis of its own, and ends it on SIGTERM', async () => {
    const { child, redis } = await start()
    const ping = async () => {
      const client = createClient({ url: redis, socket: { reconnectStrategy: false } })
      client.on('error', () => undefined)
      await client.connect()
      const folder = await client.configGet('dir')
      client.destroy()
      return folder
    }
    expect((await ping()).dir).toContain('matchday-redis-')
    await end(child, 'SIGTERM')
    expect(child.exitCode).toBe(0)
    await expect(ping()).rejects.toThrow('ECONNREFUSED')
  }, 60_000)

  describeWithChromium('in Chromium', (browser) => {
    it('shows the same match of three processes, and how the client of a killed one catches up', async () => {
      const { url } = await start()
      const page = await openPage(browser(), url, { reducedMotion: 'reduce' })
      const live = page.locator('.process[data-state="open"]')
      await live.nth(2).waitFor()
      expect(await page.locator('.process .game').count()).toBe(3)
      expect(await faults(page)).toEqual([])

      const killed = page.locator('.process').first()
      await killed.getByRole('button', { name: 'Kill this process' }).click()
      await killed.getByText(/^Killed\. Starts again in \d\.\d\ss\.$/).waitFor()
      expect(await faults(page)).toEqual([])
      await killed.getByText(/^\d+ replayed$/).waitFor()
      await live.nth(2).waitFor()
      expect(await killed.locator('.time-line').innerText()).toMatch(
        /Offline\s+\d+\ss\s+Caught up\s+\d+ events? replayed/,
      )
      await page.waitForFunction(() => {
        const results = [...document.querySelectorAll('.process')].map((column) =>
          [...column.querySelectorAll('.digits')].map(({ textContent }) => textContent).join(':'),
        )
        return new Set(results).size === 1
      })

      await page.getByRole('combobox', { name: 'Match' }).selectOption({ label: 'Brazil – Germany, 2014' })
      await live.nth(2).waitFor()
      expect(await page.locator('.process .name', { hasText: 'Brazil' }).count()).toBe(3)
    }, 60_000)

    it('has no fault and fits the screen, in each size and scheme', async () => {
      const { url } = await start()
      for (const viewport of [desktop, phone]) {
        for (const colorScheme of ['light', 'dark'] as const) {
          const page = await openPage(browser(), url, { viewport, colorScheme, reducedMotion: 'reduce' })
          await page.locator('.process[data-state="open"]').nth(2).waitFor()
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width)
          // The other two have the same elements and colours, and axe-core takes seconds.
          if ((viewport === phone) === (colorScheme === 'dark')) expect(await faults(page)).toEqual([])
          await page.close()
        }
      }
    }, 60_000)
  })
})
