// Own IDs that are accepted, and a server that sends each and keeps what the client returns.
import { sse } from '../../src/index.js'
import { bareHttp, startServer, type TestServer } from './servers.js'

export const CHARACTERS = [
  ...Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code)),
  ...['\u0100', '\u2028', '\u3000', '\uFEFF', '得', '⚽', '😀', '\uD83D', '\uDE00'],
]
export const isPrintable = (character: string) => /^[ -~]$/.test(character)
const inside = (character: string) => `x${character}y`
export const PLACES = [inside, (character: string) => `${character}y`, (character: string) => `x${character}`]

/** Every printable character inside, in front and behind; letters and digits are as good as one another. */
export const ACCEPTED = CHARACTERS.filter((character) => isPrintable(character) && !/[b-zB-Z1-9]/.test(character))
  .flatMap((character) => PLACES.map((place) => place(character)))
  .filter((id) => id.trim() === id)

/** Answers each request of one client with the next ID and the end of the stream, and keeps what comes back. */
export async function startLister(): Promise<{ server: TestServer; returned: string[]; isDone: Promise<void> }> {
  const returned: string[] = []
  let sent = 0
  let done!: () => void
  const isDone = new Promise<void>((resolve) => (done = resolve))
  const server = await startServer(bareHttp, sse({ retry: 1 }), (req, res) => {
    if (res.sse === undefined) return res.end('not a stream')
    if (sent > 0) returned.push(req.lastEventId)
    const id = ACCEPTED[sent++]
    if (id === undefined) {
      res.statusCode = 204
      res.end()
      done()
      return undefined
    }
    res.sse.send({ id, data: 'x' })
    res.sse.close()
    return undefined
  })
  return { server, returned, isDone }
}
