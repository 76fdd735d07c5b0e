/**
 * What one client has been given of one channel, and what it is still owed: across all its connections, and in as little
 * memory as that takes. A wrong event is thrown back as an error.
 */
import { isKeyed, keyOf, newestOfKeys, passesFilter } from './events.js'

export function openAccount(channel, options) {
  return isKeyed(channel) ? new NewestOfKeys(channel, options) : new EveryEvent(channel, options)
}

/** A channel without keys: each event once and in order; what is missing must have been announced by a gap. */
export class EveryEvent {
  /** Events lost to gaps: the first and last of each, and when the gap was announced. */
  losses = []
  #channel
  #isFiltered
  #next
  /** Whether it may begin before `#next`, because the client goes on after an ID from before it came. */
  #isLoose
  #gapAt

  constructor(channel, { filtered }) {
    this.#channel = channel
    this.#isFiltered = filtered
  }

  /** The client begins when so many events have been published: it is owed the next one. */
  begin(published, from) {
    this.#next = published + 1
    this.#isLoose = from === 'start'
    this.#gapAt = undefined
  }

  loosen() {
    this.#isLoose = true
  }

  announceGap(now) {
    this.#gapAt = now
  }

  /** The latest event of every key comes again: here, there are no keys. */
  expectLatest() {}

  take(number) {
    if (!this.#wants(number)) throw new Error(`got event ${number} of ${this.#channel} past its filter`)
    if (number < this.#next && !this.#isLoose) throw new Error(`got event ${number} of ${this.#channel} late or twice`)
    const [first, last] = this.#missingUpTo(number - 1)
    if (this.#gapAt !== undefined) this.#lose(first, last)
    else if (first !== undefined) throw new Error(this.#describe(first, last))
    this.#next = number + 1
    this.#isLoose = false
    this.#gapAt = undefined
  }

  /** What is still owed of the first `published` events, in words; undefined when it is nothing. */
  owed(published) {
    const [first, last] = this.#missingUpTo(published)
    return first === undefined || this.#gapAt !== undefined ? undefined : this.#describe(first, last)
  }

  #lose(first, last) {
    if (first !== undefined) this.losses.push({ channel: this.#channel, first, last, at: this.#gapAt })
    else if (!this.#isLoose && !this.#isFiltered) {
      throw new Error(`was told of a gap in ${this.#channel} before event ${this.#next}, where nothing is missing`)
    }
  }

  #wants(number) {
    return !this.#isFiltered || passesFilter(this.#channel, number)
  }

  #describe(first, last) {
    return `lost events ${first} to ${last} of ${this.#channel} in silence`
  }

  /** The first and last wanted event up to a number that did not come. */
  #missingUpTo(number) {
    let first = this.#next
    let last = number
    while (first <= last && !this.#wants(first)) first++
    while (first <= last && !this.#wants(last)) last--
    return first <= last ? [first, last] : []
  }
}

/** A channel with keys: never an older event of a key after a newer one, and in the end the newest of each. */
export class NewestOfKeys {
  losses = [] // a gap heals itself here: the newest of each key follows it
  #channel
  #wants
  #held = []
  /** What was published up to here is not owed. */
  #since

  constructor(channel, { filtered }) {
    this.#channel = channel
    this.#wants = filtered ? (number) => passesFilter(channel, number) : () => true
  }

  begin(published, from) {
    this.#held = []
    this.#since = from === 'now' ? published : 0
  }

  loosen() {}

  announceGap() {}

  expectLatest() {
    this.#held = []
    this.#since = 0
  }

  take(number) {
    if (!this.#wants(number)) throw new Error(`got event ${number} of ${this.#channel} past its filter`)
    const key = keyOf(number)
    const held = this.#held[key] ?? 0
    if (number <= held) {
      throw new Error(`got event ${number} of ${this.#channel} after event ${held} of the same key`)
    }
    this.#held[key] = number
  }

  owed(published) {
    const numbers = newestOfKeys(published)
    const key = numbers.findIndex(
      (number, key) => number > this.#since && this.#wants(number) && (this.#held[key] ?? 0) < number,
    )
    if (key === -1) return undefined
    const held = this.#held[key] ?? 'none'
    return `lost event ${numbers[key]} of ${this.#channel}, the newest of key ${key}, of which it has ${held}`
  }
}
