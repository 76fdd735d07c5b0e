// The parser: input cut at any byte, and the bound on unfinished events.
import fc from 'fast-check'
import { blockReader, type Block } from '../../src/client/blocks.js'
import { anyCharacter } from '../helpers/arbitraries.js'
import { nextEvent, openStream, reached, startServer, withoutWaiting } from '../helpers/client-server.js'

interface Heard {
  blocks: Block[]
  retries: number[]
}

/** The result of the parser for bytes cut into pieces. */
function read(bytes: Uint8Array, cuts: number[] = []): Heard {
  const heard: Heard = { blocks: [], retries: [] }
  const feed = blockReader(
    Infinity,
    (block) => heard.blocks.push(block),
    (ms) => heard.retries.push(ms),
  )
  const decoder = new TextDecoder()
  let from = 0
  for (const to of [...cuts.sort((a, b) => a - b), bytes.length]) {
    feed(decoder.decode(bytes.subarray(from, to), { stream: true }))
    from = to
  }
  return heard
}

/** The algorithm of the standard, written as simply as possible. */
function readSlowly(text: string): Heard {
  const heard: Heard = { blocks: [], retries: [] }
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  // What follows the last line end is not a line.
  lines.pop()
  let block: Block = { id: undefined, event: undefined, data: undefined }
  for (const line of lines) {
    const [, field, value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? []
    if (line === '') {
      heard.blocks.push(block)
      block = { id: undefined, event: undefined, data: undefined }
    } else if (field === 'data') block.data = block.data === undefined ? value : `${block.data}\n${value}`
    else if (field === 'event') block.event = value || undefined
    else if (field === 'id' && !value.includes('\0')) block.id = value
    else if (field === 'retry' && /^[0-9]+$/.test(value)) heard.retries.push(Number(value))
  }
  return heard
}

const value = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '  x',
    '\0',
    'a\0b',
    '7',
    '3000',
    '-1',
    '1e3',
    '٣',
    ':',
    'data',
    '⚽',
    '👩‍🚀',
    'é',
    '\uFEFF',
    'ï»¿',
    '\u2028',
  ),
  fc.string({ unit: anyCharacter, maxLength: 8 }).map((text) => text.replace(/[\r\n]/g, '')),
)
const field = fc.constantFrom('data', 'event', 'id', 'retry', '', 'Data', ' data', 'other', 'ï»¿data', '\uFEFF')
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(field, fc.constantFrom('', ':', ': '), value).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.constant('') },
)
const stream = fc
  .array(
    fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')).map((parts) => parts.join('')),
    { maxLength: 30 },
  )
  .map((lines) => lines.join(''))

describe('the parser', () => {
  it('gives the result of the standard’s algorithm', () => {
    fc.assert(
      fc.property(stream, value, (text, rest) => {
        const bytes = new TextEncoder().encode(text + rest)
        expect(read(bytes)).toEqual(readSlowly(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)))
      }),
      { numRuns: 500 },
    )
  })

  it('gives the same result for a stream cut at any byte', () => {
    fc.assert(
      fc.property(stream, (text) => {
        // Node 24's TextDecoder also drops a second byte order mark if the first one is cut.
        fc.pre(!text.startsWith('\uFEFF\uFEFF'))
        const bytes = new TextEncoder().encode(text)
        const whole = read(bytes)
        for (let cut = 0; cut <= bytes.length; cut++) expect(read(bytes, [cut])).toEqual(whole)
        expect(read(bytes, [...bytes.keys()])).toEqual(whole)
      }),
      { numRuns: 100 },
    )
  })

  it('gives the same result for any bytes, cut anywhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200)), (bytes, cuts) => {
        expect(
          read(
            bytes,
            cuts.map((cut) => Math.min(cut, bytes.length)),
          ),
        ).toEqual(read(bytes))
      }),
      { numRuns: 500 },
    )
  })

  it('ends a line at CR without waiting for the next character', () => {
    expect(read(new TextEncoder().encode('data: x\r\r')).blocks).toEqual([{ data: 'x' }])
  })
})

describe('garbage', () => {
  it('dispatches nothing, and the next event is read', async () => {
    const server = await startServer()
    const events = openStream(server.url)
    const message = nextEvent(events)
    const garbage = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) & 0xff)
    ;(await server.next()).stream().write(garbage).write('\n\nid: \0\ndata: \0after\n\n')
    expect(await message).toMatchObject({ data: '\0after' })
  })

  it('in control events goes only to the listeners of these names', async () => {
    const server = await startServer()
    const events = openStream(server.url)
    const gap = jest.fn()
    events.addEventListener('gap', gap)
    const last = nextEvent(events, 'last')
    const bodies = ['null', '"x"', '{', '', '{"name":"closed"}']
    const text = bodies.map((body) => `event: sse-ready\ndata: ${body}\n\n`).join('')
    ;(await server.next()).stream(`${text}event: sse-gap\ndata: ]\n\nevent: last\ndata:\n\n`)
    await last
    expect(gap).not.toHaveBeenCalled()
    expect(events.state.name).toBe('open')
  })
})

describe('maxEventBytes', () => {
  it.each([
    ['a line that does not end', 'data: ' + 'x'.repeat(1100)],
    ['a comment that does not end', ':' + 'x'.repeat(1100)],
    ['an ID that does not end', 'id: ' + 'x'.repeat(1100)],
    ['an event in many lines', 'data: x\n'.repeat(1100)],
    ['an event that came in one piece', `data: ${'x'.repeat(1100)}\n\n`],
  ])('closes the stream for %s', async (_, text) => {
    const server = await startServer()
    const events = openStream(server.url, { maxEventBytes: 1024 })
    const message = jest.fn()
    events.addEventListener('message', message)
    const exchange = (await server.next()).stream(text)
    const { reason } = await reached(events, 'closed')
    expect(reason).toEqual({ code: 'too-large' })
    expect(message).not.toHaveBeenCalled()
    await exchange.gone()
  })

  it('allows an event of just this length, and any number of shorter ones', async () => {
    withoutWaiting()
    const server = await startServer()
    const events = openStream(server.url, { maxEventBytes: 1024 })
    const lengths: number[] = []
    events.addEventListener('message', ({ data }) => lengths.push(data.length))
    const last = nextEvent(events, 'last')
    const text = `data: ${'x'.repeat(1000)}\n\n`.repeat(10) + `data: ${'x'.repeat(1024)}\n\n`
    ;(await server.next()).stream(`${text}event: last\ndata:\n\n`)
    await last
    expect(lengths).toEqual([...new Array<number>(10).fill(1000), 1024])
  })

  it('is 16 MiB by default, and stops an endless line', async () => {
    const server = await startServer()
    const events = openStream(server.url)
    const exchange = (await server.next()).stream('id: ')
    const closed = reached(events, 'closed')
    const piece = Buffer.alloc(1024 * 1024, 'x')
    let pieces = 0
    const gone = exchange.gone().then(() => true)
    // After the client has left, a write fails at once. The close event may come later.
    const written = () => new Promise<boolean>((resolve) => exchange.response.write(piece, (error) => resolve(!!error)))
    while (pieces < 64 && !(await Promise.race([gone, written()]))) pieces++
    expect((await closed).reason.code).toBe('too-large')
    expect(pieces).toBeLessThan(32)
  })
})
