// The lines that the command prints.
import { jsonPrinter, linePrinter, noticePrinter } from '../../src/cli/printers.js'
import { inWords } from '../../src/cli/words.js'

function terminal(hasColors?: boolean) {
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  return { lines, out: hasColors === undefined ? { write } : { write, hasColors: () => hasColors } }
}

const event = (type: string, data: string, lastEventId = '') => new MessageEvent(type, { data, lastEventId })
const TIME = String.raw`\d\d:\d\d:\d\d\.\d\d\d`
// eslint-disable-next-line no-control-regex -- the escape sequences of colours
const COLOURS = /\x1b\[\d+m/g

describe('an event', () => {
  it('is printed with time, type, ID and data', () => {
    const { lines, out } = terminal()
    const print = linePrinter(out)
    print(event('score', '{"home":1}', 'a-1'))
    print(event('message', 'one\ntwo'))
    expect(lines[0]).toMatch(new RegExp(`^${TIME}  score  a-1  {"home":1}\n$`))
    expect(lines[1]).toMatch(new RegExp(`^${TIME}  message  one\n  two\n$`))
  })

  it('has colours on a terminal that shows them', () => {
    const coloured = terminal(true)
    const plain = terminal(false)
    for (const { out } of [coloured, plain]) {
      linePrinter(out)(event('score', '1', 'a-1'))
      noticePrinter(out)('red', 'lost')
    }
    expect(coloured.lines[0]).toContain('\x1b[36mscore\x1b[39m')
    expect(coloured.lines[1]).toContain('\x1b[31mlost\x1b[39m')
    expect(coloured.lines[0]?.replace(COLOURS, '')).toMatch(new RegExp(`^${TIME}  score  a-1  1\n$`))
    expect(plain.lines.join('')).not.toMatch(COLOURS)
  })

  it('cannot change what the terminal shows', () => {
    const { lines, out } = terminal()
    linePrinter(out)(event('a\x1b[2J', 'b\x9b2J\tc\x07\r', '\x1b]0;title\x07'))
    expect(lines[0]?.slice(12)).toBe('  a\\u001b[2J  \\u001b]0;title\\u0007  b\\u009b2J\tc\\u0007\\u000d\n')
  })

  it('is a line of JSON for programs', () => {
    const { lines, out } = terminal(true)
    jsonPrinter(out)(event('score', '{"a":\n1}', 'a-1'))
    const { time, ...rest } = JSON.parse(lines[0]!) as { time: string }
    expect(rest).toEqual({ type: 'score', id: 'a-1', data: '{"a":\n1}' })
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000)
    expect(lines).toHaveLength(1)
  })
})

describe('the reason of a lost connection', () => {
  const failed = (cause: unknown) => inWords({ code: 'failed', error: new TypeError('fetch failed', { cause }) })

  it('is the cause of the error', () => {
    expect(failed(new Error('connect ECONNREFUSED'))).toBe('the connection failed: connect ECONNREFUSED')
    expect(failed(new AggregateError([new Error('one'), new Error('two')]))).toBe('the connection failed: one, two')
    expect(failed(Object.assign(new Error(''), { code: 'ECONNRESET' }))).toBe('the connection failed: ECONNRESET')
    expect(failed('odd')).toBe('the connection failed: odd')
    expect(inWords({ code: 'failed', error: new Error('terminated') })).toBe('the connection failed: terminated')
  })

  it('is the status or content type of the response', () => {
    expect(inWords({ code: 'status', status: 401 })).toBe('the server answers 401 Unauthorized')
    expect(inWords({ code: 'status', status: 299 })).toBe('the server answers 299')
    const html = { code: 'content-type', status: 200, contentType: 'text/html' } as const
    expect(inWords(html)).toBe('the server answers with text/html, which is no event stream')
    expect(inWords({ ...html, contentType: null })).toContain('no content type')
  })

  it.each(['silent', 'ended', 'finished', 'too-large', 'offline'] as const)('is a sentence: %s', (code) => {
    expect(inWords({ code })).toMatch(/\w+/)
  })
})
