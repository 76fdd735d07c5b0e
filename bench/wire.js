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

function mark(lane, number) {
  return `#${String(lane).padStart(LANE_DIGITS, '0')}${String(number).padStart(NUMBER_DIGITS, '0')}`
}

export const channelName = (channel) => `channel-${channel}`

/** Milliseconds on the clock that all processes of one machine share. */
export const now = () => Number(process.hrtime.bigint()) / 1e6
