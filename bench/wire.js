/**
 * What every benchmark event carries: a lane and a number, so that the load generator can tell a missing or doubled
 * event from the bytes alone. A lane is a channel, or a key within a channel; numbers count up from 0 within a lane.
 */
export const MARK = 0x23 // '#' stands nowhere else in a stream
export const LANE_DIGITS = 6
export const NUMBER_DIGITS = 8
export const MARK_LENGTH = 1 + LANE_DIGITS + NUMBER_DIGITS

/** The number stands at the end of the data: an event counts once it has arrived whole. */
export function createMessages({ bytes }) {
  const overhead = JSON.stringify({ text: '', number: mark(0, 0) }).length
  const text = 'x'.repeat(Math.max(0, bytes - overhead))
  return (lane, number) => ({ text, number: mark(lane, number) })
}

const SCORERS = ['Thomas Müller', 'Miroslav Klose', 'Toni Kroos', 'Sami Khedira', 'André Schürrle', 'Oscar', 'Neymar']

/** An event as the example app publishes it, once a minute: the clock of a match and, at each eighth, a goal. */
export function footballMessage(lane, number) {
  const [match, minute] = [Math.floor(number / 90), number % 90]
  const game = `brazil-germany-${2014 + match}`
  const at = { period: minute < 45 ? 'first half' : 'second half', minute: String(minute + 1) }
  const ids = { game, run: 1 + match, number: mark(lane, number) }
  if (number % 8 > 0) return { ...at, elapsed: minute + 1, length: 93, ...ids }
  const goal = { ...at, team: number % 3 ? 'home' : 'away', scorer: SCORERS[number % SCORERS.length] }
  return { ...goal, home: Math.floor(minute / 24), away: Math.floor(minute / 12), ...ids }
}

function mark(lane, number) {
  return `#${String(lane).padStart(LANE_DIGITS, '0')}${String(number).padStart(NUMBER_DIGITS, '0')}`
}

export const channelName = (channel) => `channel-${channel}`

/** Milliseconds on the clock that all processes of one machine share. */
export const now = () => Number(process.hrtime.bigint()) / 1e6
