// What the command makes of its arguments, and how it names mistakes.
import { commandLine, UsageError } from '../../src/cli/command-line.js'

const url = 'http://127.0.0.1:3000/stream'

describe('the command line', () => {
  it('names what to follow and what to print', () => {
    const args = [
      'tail',
      '-H',
      'Authorization: Bearer a:b',
      '--header=X-Empty:',
      url,
      '--event',
      'score',
      '--event=goal',
    ]
    expect(commandLine([...args, '--last-event-id', '7', '--json'])).toEqual({
      name: 'tail',
      url,
      headers: [
        ['Authorization', 'Bearer a:b'],
        ['X-Empty', ''],
      ],
      types: ['score', 'goal'],
      lastEventId: '7',
      json: true,
    })
    expect(commandLine(['tail', url])).toMatchObject({ headers: [], types: [], lastEventId: undefined, json: false })
  })

  it.each(['help', 'version'])('asks for %s, by its long and short option', (name) => {
    expect(commandLine([`--${name}`])).toEqual({ name })
    expect(commandLine(['tail', `-${name.charAt(0)}`])).toEqual({ name })
  })

  it.each([
    [[], 'the command is missing; write: express-sse-channels tail <URL>'],
    [['tial', url], 'there is no command tial; did you mean tail?'],
    [['subscribe'], 'there is no command subscribe; write tail'],
    [[url], `did you mean: express-sse-channels tail ${url}?`],
    [['tail'], 'tail: the URL is missing'],
    [['tail', url, 'b'], 'tail: there is one URL; got b too'],
    [['tail', 'localhost:3000/a'], 'did you mean http://localhost:3000/a?'],
    [['tail', 'htps://example.com/a'], 'did you mean https://example.com/a?'],
    [['tail', 'ftp://example.com/a'], 'did you mean http://example.com/a?'],
    [['tail', url, '--evnt', 'a'], 'there is no option --evnt; did you mean --event?'],
    [['tail', url, '--lastEventId=1'], 'there is no option --lastEventId; did you mean --last-event-id?'],
    [['tail', url, '-x'], 'there is no option -x'],
    [['tail', url, '--event'], /--event <value>' argument missing/],
    [['tail', url, '-H', 'Authorization'], "tail: a header must be 'Name: value'; got Authorization"],
  ])('names a mistake: %j', (args, message) => {
    const read = () => commandLine(args)
    expect(read).toThrow(UsageError)
    expect(read).toThrow(message)
  })
})
