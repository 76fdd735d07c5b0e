/** Shows how far a long run is, and how much time is left: one line on a terminal, a line from time to time in a log. */

/** Milliseconds between two lines in a log. */
const LOG_EVERY = 15_000

export class Progress {
  #out
  #clock
  #start
  #loggedAt = -Infinity

  constructor(out = process.stderr, clock = () => performance.now()) {
    this.#out = out
    this.#clock = clock
    this.#start = clock()
  }

  /** `share`: how much is done, from 0 to 1. */
  show(share, text) {
    const now = this.#clock()
    const line = `${Math.floor(share * 100)} %, ${this.#left(share, now)}  ${text}`
    if (this.#out.isTTY) return this.#rewrite(line)
    if (now - this.#loggedAt < LOG_EVERY) return
    this.#loggedAt = now
    this.#out.write(`${line}\n`)
  }

  /** Removes the line from a terminal. Call it before anything else is printed, and at the end. */
  clear() {
    if (this.#out.isTTY) this.#rewrite('')
  }

  #rewrite(line) {
    this.#out.cursorTo(0)
    this.#out.write(line.slice(0, this.#out.columns - 1))
    this.#out.clearLine(1)
  }

  /** What is left takes as long for each step as what is done. */
  #left(share, now) {
    if (share === 0) return 'just begun'
    return `${duration(((now - this.#start) * (1 - share)) / share)} left`
  }
}

function duration(ms) {
  const seconds = Math.round(ms / 1000)
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
