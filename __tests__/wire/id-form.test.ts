import { request } from 'node:http'
import { once } from 'node:events'
import { EventSource } from 'eventsource'
import { EventSource as UndiciEventSource } from 'undici'
import { faultOfId } from '../../src/wire/id-form.js'
import { sse } from '../../src/index.js'
import { encodeMessage } from '../../src/wire/format.js'
import { afterTest } from '../helpers/after-test.js'
import { ACCEPTED, CHARACTERS, isPrintable, PLACES, startLister } from '../helpers/own-id-lister.js'

const isBlank = (character: string) => character === ' '
const inside = (character: string) => `x${character}y`

function refusal(id: string): string {
  try {
    encodeMessage({ id, data: 'x' })
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_SSE_MESSAGE' })
    return (error as Error).message
  }
  return ''
}

describe('an own ID', () => {
  it('is refused for every character that some client cannot send back in a header', () => {
    for (const character of CHARACTERS.filter((one) => !isPrintable(one))) {
      const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
      for (const place of PLACES) {
        const reason = /[\r\n\0]/.test(character) ? 'id must be one line; got a' : `got U+${code} at index`
        expect(refusal(place(character))).toContain(reason)
      }
    }
  })

  it('is refused with the accepted form in the error', () => {
    expect(refusal('a\x01b')).toBe(
      'id must be printable ASCII, so that every client can send it back in a header; got U+0001 at index 1',
    )
    expect(refusal(' a')).toBe('id must not begin or end with a space, which headers lose; got " a"')
    expect(refusal('a ')).toBe('id must not begin or end with a space, which headers lose; got "a "')
  })

  it('may have any printable ASCII, and blanks inside', () => {
    for (const character of CHARACTERS.filter(isPrintable)) {
      expect(refusal(inside(character))).toBe('')
      if (!isBlank(character)) for (const place of PLACES) expect(refusal(place(character))).toBe('')
    }
  })

  it('may have at most 1,024 bytes, because of the limits of headers', () => {
    expect(encodeMessage({ id: 'a'.repeat(1024) })).toHaveLength('id: \n\n'.length + 1024)
    expect(refusal('a'.repeat(1025))).toBe('id must be at most 1024 bytes; got 1025')
  })

  it.each(['mb3k2x1a-0-k3v9x2q', 'item-7-updated', '0-0-0000000', 'zzzzzzzzz-zzzzzz-zzzzzzz', 'item-7-updated-end'])(
    'of the form of the package’s IDs is refused, published or sent: %s',
    async (id) => {
      expect(refusal(id)).toContain(`id must not have the form of the package's own IDs; got "${id}"`)
      const live = sse()
      await expect(live.channel('a').publish({ id, data: 'x' })).rejects.toMatchObject({ code: 'ERR_SSE_MESSAGE' })
    },
  )

  it.each([
    'Item-7-updated',
    'item-7-updated-1',
    'item-7-updated-END',
    'item-7-end',
    'id:item-7-updated',
    'row-12',
    '7',
    '0123456789-0-0000000',
  ])('that only resembles the package’s IDs is accepted: %s', (id) => expect(refusal(id)).toBe(''))

  it('is refused if it is the ID of a published event that is sent again', async () => {
    const live = sse()
    await live.channel('a').publish({ data: 'x', key: 'k' })
    const { id, data } = live.channel('a').latest('k')!
    expect(refusal(id)).toContain('Leave it out')
    expect(encodeMessage({ data })).toBe('data: x\n\n')
  })

  it('from a store is checked in the same way', () => {
    expect(faultOfId('')).toBe('not be empty; got ""')
    expect(faultOfId('ok')).toBeUndefined()
  })
})

interface Source {
  close(): void
}

describe('every accepted own ID is sent back unchanged', () => {
  it.each<[string, (url: string) => Source]>([
    ['the eventsource package', (url) => new EventSource(url)],
    ['undici’s EventSource', (url) => new UndiciEventSource(url)],
  ])('by %s', async (_name, open) => {
    const { server, returned, isDone } = await startLister()
    const source = open(server.origin)
    afterTest(() => source.close())
    await isDone
    expect(returned).toEqual(ACCEPTED)
  })

  it('by the http client of Node, which sends headers as latin1', async () => {
    const { server, returned } = await startLister()
    for (const id of ['', ...ACCEPTED]) {
      const asked = request(server.origin, { headers: { accept: 'text/event-stream', 'last-event-id': id } }).end()
      const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream]
      await once(response.resume(), 'end')
    }
    expect(returned).toEqual(ACCEPTED)
  })

  it('in a query, where polyfills put it', async () => {
    const { server, returned } = await startLister()
    for (const id of ['', ...ACCEPTED]) {
      const headers = { accept: 'text/event-stream' }
      await (await fetch(`${server.origin}/?${new URLSearchParams({ lastEventId: id })}`, { headers })).text()
    }
    expect(returned).toEqual(ACCEPTED)
  })
})
