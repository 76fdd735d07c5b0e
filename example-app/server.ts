// `npm start`: the example on a port, until SIGTERM or SIGINT.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { redisStore } from 'express-sse-channels/redis'
import { createApp } from './app.js'
import { listenError } from './listen-error.js'
import { speedLimits } from './replay.js'

const usage = `Usage: npm start -- [--port 3000] [--host 127.0.0.1] [--speed 1000] [--redis URL] [--follow]
  --port   where to listen; 0 takes a free port. The environment's PORT works as well.
  --host   0.0.0.0 to open it on a phone in the same network.
  --speed  milliseconds a match minute takes, ${speedLimits.min} to ${speedLimits.max}.
  --redis  redis://127.0.0.1:6379: keeps the events there, for other processes to share.
  --follow plays no matches and sells nothing: another process with the same Redis does.`

const { port, host, speed, redis, follow } = readFlags()
const { app, registry, close } = createApp({
  directory: fileURLToPath(new URL('.', import.meta.url)),
  speed,
  follow,
  ...(redis !== undefined && { store: redisStore({ url: redis, stream: 'matchday' }), onError: sayOnce() }),
})
const server = createServer(app)

server.listen(port, host, () => {
  const { port } = server.address() as AddressInfo
  const url = `http://${host}:${port}`
  process.send?.({ port })
  console.log(`Live scores and a shop: ${url}/

Try on the page: go offline, wait for a goal, and go online.
Try in a terminal, and watch the page:
  curl -N -H 'Accept: text/event-stream' ${url}/games/argentina-france-2022
  curl -X PUT -H 'Content-Type: application/json' -d '{"home":9,"away":0}' ${url}/games/argentina-france-2022/score
  curl -X PUT -H 'Content-Type: application/json' -d '{"stock":2}' ${url}/products/scarf-wool/availability
`)
})

server.on('error', (error) => fail(listenError(error, port, 'npm start -- --port 0')))
process.once('SIGTERM', () => void shutDown())
process.once('SIGINT', () => void shutDown())
// The cluster that started this process has ended, perhaps by a crash.
process.once('disconnect', () => void shutDown())
process.channel?.unref()

// An open stream keeps a server alive for ever: first send the clients away, spread over a second, then stop listening.
async function shutDown(): Promise<void> {
  await registry.drain({ window: 1000 })
  await close()
  server.close()
}

// While Redis is away every publish fails, for the same reason: say it once a minute, with the port of this process.
function sayOnce(): (error: Error) => void {
  const said = new Map<string, number>()
  return ({ message }) => {
    const now = performance.now()
    if (now - (said.get(message) ?? -Infinity) < 60_000) return
    said.set(message, now)
    console.error(`Port ${port}: ${message}`)
  }
}

function readFlags() {
  const text = { type: 'string' } as const
  const options = { port: text, host: text, speed: text, redis: text, follow: { type: 'boolean' } } as const
  try {
    const { values } = parseArgs({ options })
    return {
      port: wholeNumber('--port', values.port ?? portOfEnvironment() ?? '3000', { min: 0, max: 65_535 }),
      host: values.host ?? '127.0.0.1',
      speed: wholeNumber('--speed', values.speed ?? '1000', speedLimits),
      redis: values.redis,
      follow: values.follow ?? false,
    }
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage}`)
  }
}

/** Shells and process managers pass an unset variable as an empty one. */
function portOfEnvironment(): string | undefined {
  return process.env.PORT === '' ? undefined : process.env.PORT
}

function wholeNumber(name: string, value: string, { min, max }: { min: number; max: number }): number {
  const number = Number(value)
  if (value !== '' && Number.isInteger(number) && number >= min && number <= max) return number
  throw new Error(`${name} must be a whole number from ${min} to ${max}; got "${value}"`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
