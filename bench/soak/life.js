/** What the clients of a soak do with their lives. Chance decides, and the same seed decides alike. */
import { channelsOf } from './events.js'

/** Their sockets are those that fill when they do not read. */
const PHOTO_READERS = 0.03

/** Which channels a client reads, from where on, and whether through a filter. */
export function chooseReading(random) {
  const score = (count) => random.some(channelsOf.score, count)
  const availability = (count) => random.some(channelsOf.availability, count)
  const from = random.chance(0.8) ? 'latest' : random.chance(0.5) ? 'now' : 'start'
  const filtered = random.chance(0.05)
  if (random.chance(PHOTO_READERS)) {
    return { channels: [...channelsOf.photo, ...score(1), ...availability(2)], from, filtered: false }
  }
  if (random.chance(0.3)) return { channels: [...availability(1), ...score(3)], from, filtered }
  return { channels: [...score(1), ...(random.chance(0.5) ? availability(1) : [])], from, filtered }
}

/** What a connected client does next, after how many milliseconds, and for how many. Those that read photos are on slow lines. */
export function nextDeed(random, { channels }) {
  const isOnSlowLine = channels.includes(channelsOf.photo[0])
  const odds = isOnSlowLine ? { stall: 0.3, dawdle: 0.55 } : { stall: 0.2, dawdle: 0.2 }
  const after = random.around(isOnSlowLine ? 3000 : 6000)
  const dice = random.next()
  if (dice < odds.stall) return { after, deed: 'stall', lasts: random.between(500, 12_000) }
  if (dice < odds.stall + odds.dawdle) return { after, deed: 'dawdle', lasts: random.between(1000, 15_000) }
  return { after, deed: 'leave' }
}

export function chooseDeparture(random) {
  return random.pick(['politely', 'by reset', 'at once'])
}

/** How long a client that has left stays away, and what it still knows when it comes back. */
export function chooseReturn(random) {
  const after = random.chance(0.9) ? random.around(2000) : random.between(10_000, 40_000)
  const dice = random.next()
  return { after, memory: dice < 0.85 ? 'kept' : dice < 0.95 ? 'lost' : 'of something else' }
}
