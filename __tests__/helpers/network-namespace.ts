/**
 * A server in a network of its own, and clients in another, with a cable between: they vanish without a word when it goes
 * dead. The networks are gone with the processes in them.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterTest } from './after-test.js'
import { AttackedServer, type AppOptions } from './attacked-server.js'
import type { Orders } from './far-clients.js'

const SERVER = '10.0.0.1'
const CLIENTS = '10.0.0.2'
const IN_OWN_NETWORK = ['unshare', '--map-root-user', '--net'] as const
const RETRIES = '/proc/sys/net/ipv4/tcp_retries2'
/** Debian keeps `ip` out of a user's PATH. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }

const missing = ['unshare', 'nsenter', 'ip'].filter(
  (program) => spawnSync(program, ['-V'], { env }).error !== undefined,
)

/** A `describe` whose tests make networks. Containers and systems may forbid that, which is nobody's failure. */
export function describeWithNetworks(name: string, tests: () => void): void {
  const isRequired = process.env.CI === 'true' && process.platform === 'linux'
  if (missing.length > 0 && !isRequired) {
    const remedy = 'install them on Linux with: sudo apt-get install iproute2 util-linux'
    return describe.skip(`${name} (skipped: no ${missing.join(', ')} here; ${remedy})`, tests)
  }
  const refusal = missing.length > 0 ? '' : tryToMakeNetworks()
  if (refusal === '') describe(name, tests)
  else describe.skip(`${name} (skipped: this system does not let us make networks: ${refusal})`, tests)
}

/** Starts the server where the clients of this machine reach it over a Unix socket, and those far away over the cable. */
export function startServerInOwnNetwork(options: AppOptions): Promise<AttackedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'attacked-'))
  afterTest(() => rmSync(folder, { recursive: true }))
  return AttackedServer.start({ ...options, socketPath: join(folder, 'socket') }, IN_OWN_NETWORK)
}

/** How often the server's system resends what is not acknowledged, before it gives up. */
export function setRetries(server: AttackedServer, count: number): Promise<void> {
  return runIn(server.process, `echo ${count} > ${RETRIES}`)
}

export class FarClients {
  readonly #process: ChildProcess
  readonly #port: number

  /** Lays the cable to their network. */
  static async connect(server: AttackedServer): Promise<FarClients> {
    const args = [process.execPath, '--import', 'tsx', join(__dirname, 'far-clients.ts')]
    const far = spawn('nsenter', [...intoNetworkOf(server.process), 'unshare', '--net', ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    afterTest(() => far.kill('SIGKILL'))
    await once(far, 'message')
    await runIn(server.process, `ip link add near type veth peer name far netns ${far.pid}`)
    await runIn(server.process, `ip address add ${SERVER}/24 dev near && ip link set near up`)
    await runIn(far, `ip address add ${CLIENTS}/24 dev far && ip link set far up`)
    return new FarClients(far, server.port)
  }

  private constructor(process: ChildProcess, port: number) {
    this.#process = process
    this.#port = port
  }

  /** Settles when each of them has had the head of its stream. */
  async open(count: number, text: string): Promise<void> {
    this.#process.send({ host: SERVER, port: this.#port, count, text } satisfies Orders)
    await once(this.#process, 'message')
  }

  /** From here on every packet of theirs is dropped: no acknowledgement, no reset, no end. */
  vanish(): Promise<void> {
    return runIn(this.#process, `ip route add blackhole ${SERVER}/32`)
  }
}

function intoNetworkOf({ pid }: ChildProcess): string[] {
  return ['--target', `${pid}`, '--user', '--preserve-credentials', '--net']
}

async function runIn(process: ChildProcess, command: string): Promise<void> {
  await promisify(execFile)('nsenter', [...intoNetworkOf(process), 'sh', '-c', command], { env })
}

/** Why it cannot be done; an empty string when it can. */
function tryToMakeNetworks(): string {
  const command = `ip link add near type veth peer name far && echo 15 > ${RETRIES}`
  const [program, ...args] = [...IN_OWN_NETWORK, 'sh', '-c', command]
  const { status, stderr } = spawnSync(program, args, { env, encoding: 'utf8' })
  return status === 0 ? '' : stderr.trim() || `unshare ended with ${status}`
}
