/** Prints a line for each diagnostics message if the app runs with `DEBUG=express-sse-channels`. */
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import createDebug from 'debug'
import { diagnostics } from './diagnostics.js'
import type { DiagnosticsMessages } from './diagnostics-messages.js'

const debug = createDebug('express-sse-channels')

/** Set once in the process: one app may load two installed copies of the package. */
const IS_PRINTING = Symbol.for('express-sse-channels.debug')

/** How each message is printed. */
type Printers = {
  [Name in keyof DiagnosticsMessages as Name extends `express-sse-channels:${infer Short}` ? Short : never]: (
    message: DiagnosticsMessages[Name],
  ) => string
}

/** Begins to print, if the app asks for it and this has not begun before. */
export function logDiagnostics(): void {
  if (!debug.enabled || IS_PRINTING in globalThis) return
  Object.defineProperty(globalThis, IS_PRINTING, { value: true })
  for (const [name, print] of Object.entries(createPrinters()) as [keyof Printers, (message: unknown) => string][]) {
    subscribe(diagnostics[name].name, (message) => debug('%s', inOneLine(print(message))))
  }
}

function createPrinters(): Printers {
  const numbers = new WeakMap<object, number>()
  let count = 0
  /** The same in all lines of a connection. */
  const nameOf = (connection: object) => {
    if (!numbers.has(connection)) numbers.set(connection, ++count)
    return `#${numbers.get(connection)}`
  }
  return {
    open: ({ connection, request }) => `${nameOf(connection)} open: ${describe(request, connection.owner)}`,
    close: ({ connection, reason, duration }) => `${nameOf(connection)} close: ${reason}, after ${duration} ms`,
    publish: ({ channel, message, id, bytes }) =>
      `publish to "${channel}": ${message.event ?? 'message'}, id ${id}, ${bytes} bytes`,
    gap: ({ connection, reason, channels }) => `${nameOf(connection)} gap: ${reason}, in ${channels.join(', ')}`,
    shed: ({ request, owner, reason }) => `shed because of ${reason}: ${describe(request, owner)}`,
    stall: ({ connection, unsentBytes }) => `${nameOf(connection)} stall: ${unsentBytes} bytes unsent`,
    store: ({ state, error }) => `store ${state}${error instanceof Error ? `: ${error.message}` : ''}`,
  }
}

/** Escapes control characters, so that no name can forge a line or change colours. */
function inOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Without the query, which may hold a token. */
function describe(request: IncomingMessage, owner: string | undefined): string {
  // Express changes `url` in a router, and keeps the original.
  const { method, url = '', originalUrl = url } = request as IncomingMessage & { originalUrl?: string }
  return `${method} ${originalUrl.replace(/\?.*/, '')}${owner === undefined ? '' : `, owner ${owner}`}`
}
