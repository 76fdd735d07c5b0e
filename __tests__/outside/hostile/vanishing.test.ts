// Clients whose network vanishes, so that neither an end nor a reset comes, beside well-behaved clients.
import type { AttackedServer } from '../../helpers/attacked-server.js'
import { FLOOD, logAndBatches, registry } from '../../helpers/flood.js'
import { requestFor } from '../../helpers/hostile-sockets.js'
import {
  describeWithNetworks,
  FarClients,
  setRetries,
  startServerInOwnNetwork,
} from '../../helpers/network-namespace.js'
import { besiege, BYSTANDERS, expectHeld, KIB } from '../../helpers/siege.js'

const CLIENTS = 20
const RETRIES = 2

async function vanish(clients: FarClients, server: AttackedServer, path: string): Promise<void> {
  await clients.open(CLIENTS, requestFor(path))
  await server.until(({ stats }) => stats.connections === BYSTANDERS + CLIENTS)
  await clients.vanish()
}

describeWithNetworks('clients that vanish from the network', () => {
  it('during many publishes are cut after stallTimeout', async () => {
    const server = await startServerInOwnNetwork({ stream: { stallTimeout: 3000 }, registry })
    const clients = await FarClients.connect(server)
    const siege = await besiege(server, async () => {
      await vanish(clients, server, '/channels/flood')
      await server.ask('publish', FLOOD)
      await server.until(({ stats }) => stats.closed.stalled === CLIENTS)
    })
    expectHeld(siege, {
      table: 'vanishing',
      name: 'busy',
      client: `${CLIENTS} vanish while 260 MB are published`,
      outcome: 'cut `stallTimeout` after the system’s buffers are full; counted in `closed.stalled`',
      ...logAndBatches(CLIENTS),
      descriptors: CLIENTS,
    })
  })

  it('during few publishes are cut when the system gives up resending', async () => {
    const server = await startServerInOwnNetwork({ stream: { keepAlive: 200 } })
    await setRetries(server, RETRIES)
    const clients = await FarClients.connect(server)
    const siege = await besiege(server, async () => {
      await vanish(clients, server, '/channels/quiet')
      await server.until(({ stats }) => stats.closed.client === CLIENTS)
    })
    expectHeld(siege, {
      table: 'vanishing',
      name: 'quiet',
      client: `${CLIENTS} vanish while nothing but keep-alives is sent, \`net.ipv4.tcp_retries2\` being ${RETRIES}`,
      outcome: 'noticed when the system gives up resending; counted in `closed.client`',
      memory: CLIENTS * 32 * KIB,
      because: '32 KiB for each',
      descriptors: CLIENTS,
    })
  })

  it('without publishes are ended at maxAge', async () => {
    const server = await startServerInOwnNetwork({ server: { keepAliveTimeout: 500 } })
    const clients = await FarClients.connect(server)
    const siege = await besiege(server, async () => {
      await vanish(clients, server, '/aged/quiet')
      await server.until(({ stats }) => stats.closed.expired === CLIENTS)
    })
    expectHeld(siege, {
      table: 'vanishing',
      name: 'aged',
      client: `${CLIENTS} vanish while nothing is sent, with \`maxAge\``,
      outcome: 'ended at `maxAge`, gone after the server’s `keepAliveTimeout`; counted in `closed.expired`',
      memory: CLIENTS * 32 * KIB,
      because: '32 KiB for each',
      descriptors: CLIENTS,
    })
  })
})
