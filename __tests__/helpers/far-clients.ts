// Clients as a process of their own, beyond the cable of network-namespace.ts: opens streams when it is told to, and reads them.
import { once } from 'node:events'
import { connect } from 'node:net'

export interface Orders {
  readonly host: string
  readonly port: number
  readonly count: number
  /** The request. */
  readonly text: string
}

process.on('message', ({ host, port, count, text }: Orders) => {
  const reading = Array.from({ length: count }, () => {
    const socket = connect({ host, port }, () => socket.write(text))
    return once(
      socket.on('error', () => {}),
      'data',
    )
  })
  void Promise.all(reading).then(() => process.send?.('open'))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
