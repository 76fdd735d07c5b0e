import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from './c-compiler.js'
import { meterOf } from './other-process.js'

/**
 * The kernel's floor: a C program that sends a turn's bytes to every connection, one `send` each. Events are framed
 * here, with as many bytes as ours. What that costs is not measured: the meter reads the CPU of the C process alone.
 */
export async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'sse-bench-send-'))
  const program = join(folder, 'send')
  compile(fileURLToPath(new URL('send.c', import.meta.url)), program)
  const server = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = await once(server.stdout, 'data')
  let events = ''
  return {
    port: Number(port),
    publish: (channel, message) => (events += eventOf(message)),
    /** Pipes keep their order, and a turn waits for the one before: the next byte is the answer to this turn. */
    async settled() {
      const turn = chunkOf(events)
      events = ''
      const sent = once(server.stdout, 'data')
      server.stdin.write(turn)
      await sent
    },
    async close() {
      const exited = once(server, 'exit')
      server.stdin.end()
      await exited
      rmSync(folder, { recursive: true })
    },
    meter: meterOf(server.pid),
  }
}

let lastId = 0

/** The fields of ours, and an ID of the same length. */
function eventOf(message) {
  const id = `${Date.now().toString(36)}-${(lastId++ % 36).toString(36)}-floor00`
  return `data: ${JSON.stringify(message)}\nid: ${id}\n\n`
}

function chunkOf(events) {
  const chunk = `${events.length.toString(16)}\r\n${events}\r\n`
  const length = Buffer.alloc(4)
  length.writeUInt32LE(chunk.length)
  return Buffer.concat([length, Buffer.from(chunk, 'latin1')])
}
