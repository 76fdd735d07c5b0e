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

  it('names the accepted form when it is refused', () => {
    expect(refusal('a\x01b')).toBe(
      'id must be printable ASCII, so that every client can send it back in a header; got U+0001 at index 1',
    )
    expect(refusal(' a')).toBe('id must not begin or end with a space, which headers lose; got " a"')
    expect(refusal('a ')).toBe('id must not begin or end with a space, which headers lose; got "a "')
  })

  it('is accepted with any printable ASCII, and blanks inside', () => {
    for (const character of CHARACTERS.filter(isPrintable)) {
      expect(refusal(inside(character))).toBe('')
      if (!isBlank(character)) for (const place of PLACES) expect(refusal(place(character))).toBe('')
    }
  })

  it('may have 1,024 bytes and no more, because it would not come back in a header', () => {
    expect(encodeMessage({ id: 'a'.repeat(1024) })).toHaveLength('id: \n\n'.length + 1024)
    expect(refusal('a'.repeat(1025))).toBe('id must be at most 1024 bytes; got 1025')
  })

  it.each(['mb3k2x1a-0-k3v9x2q', 'item-7-updated', '0-0-0000000', 'zzzzzzzzz-zzzzzz-zzzzzzz'])(
    'of the package’s own form is refused, published or sent: %s',
    async (id) => {
      expect(refusal(id)).toContain(`id must not have the form of the package's own IDs; got "${id}"`)
      const live = sse()
      await expect(live.channel('a').publish({ id, data: 'x' })).rejects.toMatchObject({ code: 'ERR_SSE_MESSAGE' })
    },
  )

  it.each(['Item-7-updated', 'item-7-updated-1', 'id:item-7-updated', 'row-12', '7', '0123456789-0-0000000'])(
    'that only resembles the package’s own is accepted: %s',
    (id) => expect(refusal(id)).toBe(''),
  )

  it('that a published event already has is refused when it is sent again', async () => {
    const live = sse()
    await live.channel('a').publish({ data: 'x', key: 'k' })
    const { id, data } = live.channel('a').latest('k')!
    expect(refusal(id)).toContain('Leave it out')
    expect(encodeMessage({ data })).toBe('data: x\n\n')
  })

  it('is judged alike where it comes from a store', () => {
    expect(faultOfId('')).toBe('not be empty; got ""')
    expect(faultOfId('ok')).toBeUndefined()
  })
})

interface Source {
  close(): void
}

describe('every own ID that is accepted comes back as it was', () => {
  it.each<[string, (url: string) => Source]>([
    ['the eventsource package', (url) => new EventSource(url)],
    ['undici’s EventSource', (url) => new UndiciEventSource(url)],
  ])('from %s', async (_name, open) => {
    const { server, returned, isDone } = await startLister()
    const source = open(server.origin)
    afterTest(() => source.close())
    await isDone
    expect(returned).toEqual(ACCEPTED)
  })

  it('from Node’s own http client, which sends headers as latin1', async () => {
    const { server, returned } = await startLister()
    for (const id of ['', ...ACCEPTED]) {
      const asked = request(server.origin, { headers: { accept: 'text/event-stream', 'last-event-id': id } }).end()
      const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream]
      await once(response.resume(), 'end')
    }
    expect(returned).toEqual(ACCEPTED)
  })

  it('from a query, where polyfills put it', async () => {
    const { server, returned } = await startLister()
    for (const id of ['', ...ACCEPTED]) {
      const headers = { accept: 'text/event-stream' }
      await (await fetch(`${server.origin}/?${new URLSearchParams({ lastEventId: id })}`, { headers })).text()
    }
    expect(returned).toEqual(ACCEPTED)
  })
})
