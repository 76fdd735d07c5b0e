/**
 * What is published: numbered events, 1, 2, 3 … within each channel. All else about an event follows from its channel and
 * its number, so that a client can tell by itself what it is owed.
 */
const SCORES = 12
const SHOPS = 4
const KEYS = 40
const names = (kind, count) => Array.from({ length: count }, (_, i) => `${kind}:${i}`)

/** Channels by the kind of their events. Those of `availability` have keys; every event of the others counts. */
export const channelsOf = {
  score: names('score', SCORES),
  availability: names('availability', SHOPS),
  photo: ['photo:0'], // large ones: what fills sockets
}
export const channels = Object.values(channelsOf).flat()

export const kindOf = (channel) => channel.slice(0, channel.indexOf(':'))
export const isKeyed = (channel) => kindOf(channel) === 'availability'

const texts = {
  score: ['goal', 'half-time – 1:0', 'é'.repeat(60), 'x'.repeat(400)],
  availability: ['3 left', 'sold out', 'wieder verfügbar 🎉'.repeat(8)],
  photo: [16, 32, 48, 64].map((kilobytes) => 'p'.repeat(kilobytes * 1024)),
}

export function textOf(channel, number) {
  const choices = texts[kindOf(channel)]
  return choices[number % choices.length]
}

/** Some products sell much better than others. */
export function keyOf(number) {
  const spread = (Math.imul(number, 0x9e3779b1) >>> 0) / 2 ** 32
  return Math.floor(KEYS * spread ** 2)
}

export function messageOf(channel, number) {
  const data = { channel, number, text: textOf(channel, number) }
  return { event: kindOf(channel), data, ...(isKeyed(channel) && { key: `product-${keyOf(number)}` }) }
}

/** The filter of those clients that have one. With keys it goes by key: else the newest of a key might be filtered out. */
export function passesFilter(channel, number) {
  return (isKeyed(channel) ? keyOf(number) : number) % 2 === 0
}

let newest = { published: 0, numbers: [] }

/** The number of each key's newest event, 0 for none, when so many events of a channel have been published. */
export function newestOfKeys(published) {
  if (newest.published === published) return newest.numbers
  const numbers = new Array(KEYS).fill(0)
  for (let number = published, missing = KEYS; number > 0 && missing > 0; number--) {
    const key = keyOf(number)
    if (numbers[key] > 0) continue
    numbers[key] = number
    missing--
  }
  newest = { published, numbers }
  return numbers
}
