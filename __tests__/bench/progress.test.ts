// The progress of the long runs: on a terminal, and in a log.
import { benchModule, printedBy } from '../helpers/bench-module.js'

/** Runs a program with `progress`, whose clock is `now` and whose output is a list of what was written. */
function written(program: string, out: { isTTY: boolean; columns?: number }): string[] {
  const code = `
    import { Progress } from '${benchModule('driver/progress')}'
    const written = []
    const out = {
      ...${JSON.stringify(out)},
      write: (text) => written.push(text),
      cursorTo: () => written.push('<'),
      clearLine: () => written.push('>'),
    }
    let now = 0
    const progress = new Progress(out, () => now)
    ${program}
    console.log(JSON.stringify(written))`
  return printedBy(code) as string[]
}

describe('progress', () => {
  it('rewrites one line on a terminal, as wide as it, with the time left', () => {
    const program = `
      progress.show(0, 'a')
      now = 30_000
      progress.show(0.25, 'b')
      now = 60_000
      progress.show(0.1, 'a text that is too long for this terminal')
      progress.clear()`
    expect(written(program, { isTTY: true, columns: 30 })).toEqual([
      ...['<', '0 %, just begun  a', '>'],
      ...['<', '25 %, 90 s left  b', '>'],
      ...['<', '10 %, 9 min left  a text that', '>'],
      ...['<', '', '>'],
    ])
  })

  it('prints a line from time to time in a log', () => {
    const program = `
      for (; now < 40_000; now += 1000) progress.show(now / 100_000, 'a')
      progress.clear()`
    expect(written(program, { isTTY: false })).toEqual([
      '0 %, just begun  a\n',
      '15 %, 85 s left  a\n',
      '30 %, 70 s left  a\n',
    ])
  })
})
