// Follows an event stream until it is over: prints its events, and says what happens to the connection.
import { EventStream, type Gap, type Reason, type StreamNotices, type StreamState } from 'express-sse-channels/client'
import { UsageError, type TailCommand } from './command-line.js'
import { exitCodes } from './exit-codes.js'
import { jsonPrinter, linePrinter, noticePrinter } from './printers.js'
import { inWords } from './words.js'

/** Resolves with the exit code. Stops at SIGINT and SIGTERM. */
export async function tail(command: TailCommand): Promise<number> {
  const stream = open(command)
  const follower = new Follower(stream, command)
  const stop = () => stream.close()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  // Of both, because `2>&1 | head` reads both.
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', (error: NodeJS.ErrnoException) => follower.lostOutput(error))
  }
  return follower.exitCode
}

/** @throws `UsageError` for a request that cannot be made, such as one with a wrong header name */
function open({ url, headers, lastEventId }: TailCommand): EventStream {
  try {
    return new EventStream(url, { headers, lastEventId })
  } catch (error) {
    throw new UsageError(`tail: ${(error as Error).message}`)
  }
}

class Follower {
  readonly exitCode: Promise<number>
  readonly #stream: EventStream
  readonly #command: TailCommand
  readonly #print: (event: MessageEvent<string>) => void
  readonly #say = noticePrinter(process.stderr)
  #hasOpened = false
  /** The exit code after `close()`. */
  #ifCalled: number = exitCodes.done
  #end: (code: number) => void = () => undefined

  constructor(stream: EventStream, command: TailCommand) {
    this.#stream = stream
    this.#command = command
    this.#print = command.json ? jsonPrinter(process.stdout) : linePrinter(process.stdout)
    this.exitCode = new Promise((resolve) => (this.#end = resolve))
    // A listener gets one type. This gets all, and tells the server's events from notices of the same name.
    const dispatch = stream.dispatchEvent.bind(stream)
    stream.dispatchEvent = (event) => {
      if (event instanceof MessageEvent) this.#message(event as MessageEvent<string>)
      else this.#notice(event as StreamNotices[keyof StreamNotices])
      return dispatch(event)
    }
  }

  /** Stops. If the reader of a pipe has gone, such as `head`, all is well; but a full disk loses events. */
  lostOutput({ code, message }: NodeJS.ErrnoException): void {
    if (code !== 'EPIPE' && this.#stream.readyState !== EventStream.CLOSED) {
      this.#ifCalled = exitCodes.refused
      this.#say('red', `the output cannot be written: ${message}`)
    }
    this.#stream.close()
  }

  #message(event: MessageEvent<string>): void {
    const { types } = this.#command
    if (types.length > 0 ? types.includes(event.type) : !event.type.startsWith('sse-')) this.#print(event)
  }

  #notice({ type, detail }: StreamNotices[keyof StreamNotices]): void {
    if (type === 'open') this.#opened()
    else if (type === 'statechange') this.#changed(detail as StreamState)
    else if (type === 'gap') this.#say('yellow', gapInWords(detail as Gap))
    else if (type === 'error') this.#lost(detail as Reason)
    else if (type === 'close') this.#closed(detail as Reason)
  }

  #opened(): void {
    this.#say('green', this.#hasOpened ? 'connected again' : 'connected')
    this.#hasOpened = true
  }

  #changed(state: StreamState): void {
    if (state.name !== 'open' || !state.resumed) return
    const count = typeof state.replayed === 'number' ? state.replayed : 0
    this.#say('green', `resumed without a gap; ${count} missed ${count === 1 ? 'event' : 'events'}`)
  }

  #lost(reason: Reason): void {
    const { state } = this.#stream
    if (state.name !== 'waiting') return
    // A server that answered 503 before is there, and may only be about to start again.
    if (reason.code === 'failed' && !this.#hasOpened && state.attempt === 1) {
      this.#ifCalled = exitCodes.usage
      this.#say('red', inWords(reason))
      return this.#stream.close()
    }
    const seconds = Math.max(state.nextTry - Date.now(), 0) / 1000
    this.#say('yellow', `${inWords(reason)}; the next try is in ${seconds.toFixed(1)} s`)
  }

  #closed(reason: Reason): void {
    if (reason.code === 'called') return this.#end(this.#ifCalled)
    // A finished stream answers 204 to clients that come back.
    const isFinished = reason.code === 'finished' || reason.status === 204
    if (isFinished) this.#say('green', inWords({ code: 'finished' }))
    else this.#say('red', inWords(reason))
    this.#end(isFinished ? exitCodes.done : exitCodes.refused)
  }
}

/** Other servers may have events of this name, with anything in them. */
function gapInWords({ channels, reason }: Partial<Record<keyof Gap, unknown>>): string {
  const why = typeof reason === 'string' ? ` (${reason})` : ''
  const names = Array.isArray(channels) ? channels.filter((name) => typeof name === 'string') : []
  return `gap${why}: events are missing${names.length > 0 ? ` in ${names.join(', ')}` : ''}`
}
