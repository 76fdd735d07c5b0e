// Sockets that say what they like and read only what they are told to.
import { once } from 'node:events'
import { connect, type Socket, type TcpSocketConnectOpts } from 'node:net'
import { afterTest } from './after-test.js'

const ADDRESSES = 250

/** A request for an event stream, as text. */
export function requestFor(path: string, ...headers: string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Accept: text/event-stream', ...headers, '', ''].join('\r\n')
}

/** Opens a socket; nothing is read from it before somebody listens. Gone when the test has ended. */
export async function openSocket(port: number, options: Partial<TcpSocketConnectOpts> = {}): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, ...options })
  socket.on('error', () => {})
  afterTest(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Opens many, from as many addresses of this machine as there are, and writes a text on each. */
export function openSockets(port: number, count: number, text = ''): Promise<Socket[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const socket = await openSocket(port, { localAddress: `127.0.2.${1 + (i % ADDRESSES)}` })
      socket.write(text)
      return socket
    }),
  )
}
