import { Standstill } from '../../src/http/standstill.js'

/** A stream that makes progress when the socket has taken 100 bytes, and then none. `polls`: bytes taken at each poll. */
function wait(...polls: number[]): Standstill {
  const standstill = new Standstill()
  standstill.restart(100)
  for (const taken of polls) standstill.poll(taken)
  return standstill
}

it.each<[string, number[], boolean]>([
  ['that takes nothing', [100, 100, 100, 100], true],
  ['before the first poll', [], true],
  ['that takes the rest of a write at first', [110, 120, 120, 120, 120], true],
  ['that takes something from time to time', [100, 110, 110, 120, 120], false],
  ['that took something after the first half', [100, 100, 100, 110, 110], false],
])('a socket %s stands still: %j %p', (_name, polls, isStill) => {
  expect(wait(...polls).lasts(polls.at(-1) ?? 100)).toBe(isStill)
})

it('a socket that takes something since the last poll does not stand still', () => {
  expect(wait(100, 100).lasts(101)).toBe(false)
})

it('a socket stands still again after the stream has made progress', () => {
  const standstill = wait(110, 120)
  standstill.restart(130)
  standstill.poll(130)
  expect(standstill.lasts(130)).toBe(true)
})
