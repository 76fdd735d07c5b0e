// A socket to write requests on by hand: for HTTP/1.0, pipelining, and what no HTTP client would send.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterTest } from './after-test.js'
import { until } from './until.js'

export class RawSocket {
  /** All that has come so far, byte by byte. */
  received = ''
  readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => (this.received += text))
    socket.on('error', () => {})
  }

  write(...lines: string[]): void {
    this.socket.write(lines.join('\r\n'), 'latin1')
  }

  /** Settles when what has come satisfies a condition. */
  async waitFor(condition: (received: string) => boolean): Promise<string> {
    await until(() => condition(this.received))
    return this.received
  }

  /** Settles when the other side has closed. */
  async closed(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, 'close')
    return this.received
  }
}

/** Opens a socket to a port on this machine and writes lines on it, joined by CRLF. Closed when the test has ended. */
export async function openRawSocket(port: number, ...lines: string[]): Promise<RawSocket> {
  const socket = connect(port, '127.0.0.1')
  afterTest(() => socket.destroy())
  const raw = new RawSocket(socket)
  await once(socket, 'connect')
  raw.write(...lines)
  return raw
}
