// A socket that speaks HTTP/2 frame by frame: for windows, PINGs and sessions that no HTTP/2 client would leave so.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterTest } from './after-test.js'
import type { Target } from './open-stream.js'

/** The frames of RFC 9113, section 6, that are used here. */
const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const GOAWAY = 7
const WINDOW_UPDATE = 8

const END_STREAM = 1
const ACK = 1
const END_HEADERS = 4
const FRAME_HEAD = 9
const MAX_WINDOW = 2 ** 31 - 1

export interface Http2SocketOptions {
  /** Bytes that each stream may send without being asked for more. @default as much as there is */
  window?: number
  /** Whether to go on when the server has closed its side. */
  allowHalfOpen?: boolean
  /** The address to come from. */
  localAddress?: string
}

export class Http2Socket {
  readonly socket: Socket
  /** Streams that the server has reset. */
  readonly reset = new Set<number>()
  /** Bytes of bodies so far. */
  received = 0
  /** Whether the server has asked to open no more streams. */
  isGoingAway = false
  #unread = Buffer.alloc(0)
  #lastStream = -1

  static async open({ port, kind }: Target, options: Http2SocketOptions = {}): Promise<Http2Socket> {
    const { window = MAX_WINDOW, ...rest } = options
    const address = { host: '127.0.0.1', port, ...rest }
    const socket = kind.tls
      ? connectTls({ ...address, ALPNProtocols: ['h2'], rejectUnauthorized: false })
      : connect(address)
    socket.on('error', () => {})
    afterTest(() => socket.destroy())
    await once(socket, kind.tls ? 'secureConnect' : 'connect')
    return new Http2Socket(socket, window)
  }

  private constructor(socket: Socket, window: number) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    this.#send(SETTINGS, 0, 0, Buffer.from([0, 4, ...uint32(window)]))
    // The session's own window begins at 65,535 bytes.
    this.#send(WINDOW_UPDATE, 0, 0, uint32(MAX_WINDOW - 65_535))
  }

  /** Asks for an event stream. */
  ask(path: string): void {
    const head = { ':method': 'GET', ':scheme': 'http', ':path': path, ':authority': 'a', accept: 'text/event-stream' }
    this.#lastStream += 2
    this.#send(HEADERS, END_STREAM | END_HEADERS, this.#lastStream, encodeHeaders(head))
  }

  /** The server has to answer. */
  ping(): void {
    this.#send(PING, 0, 0, Buffer.alloc(8))
  }

  /** Sends a PING every so many milliseconds until the socket has closed. */
  keepPinging(period: number): void {
    const timer = setInterval(() => (this.socket.writable ? this.ping() : clearInterval(timer)), period)
    afterTest(() => clearInterval(timer))
  }

  #send(type: number, flags: number, stream: number, payload: Buffer): void {
    const length = uint32(payload.length).subarray(1)
    this.socket.write(Buffer.concat([length, Buffer.from([type, flags]), uint32(stream), payload]))
  }

  #read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes])
    while (this.#unread.length >= FRAME_HEAD) {
      const end = FRAME_HEAD + this.#unread.readUIntBE(0, 3)
      if (this.#unread.length < end) return
      this.#take(this.#unread.subarray(0, end))
      this.#unread = this.#unread.subarray(end)
    }
  }

  #take(frame: Buffer): void {
    const [type, flags] = frame.subarray(3)
    const stream = frame.readUInt32BE(5)
    if (type === SETTINGS && flags !== ACK) this.#send(SETTINGS, ACK, 0, Buffer.alloc(0))
    else if (type === DATA) this.received += frame.length - FRAME_HEAD
    else if (type === RST_STREAM) this.reset.add(stream)
    else if (type === GOAWAY) this.isGoingAway = true
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** As literals that are not indexed, RFC 7541, section 6.2.2. */
function encodeHeaders(headers: Record<string, string>): Buffer {
  const literal = (text: string) => [Buffer.from([text.length]), Buffer.from(text)]
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), ...literal(name), ...literal(value)]),
  )
}
