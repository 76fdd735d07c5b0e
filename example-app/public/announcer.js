// Tells a screen reader what happened, politely: at most one announcement every few seconds, whatever the tempo.
import { byId } from './dom.js'

const quietTime = 5_000
const mostSentences = 3

export class Announcer {
  #waiting = []
  #timer

  announce(sentence) {
    this.#waiting.push(sentence)
    if (this.#timer === undefined) this.#speak()
  }

  #speak() {
    this.#timer = undefined
    if (this.#waiting.length === 0) return
    byId('announcer').textContent = this.#waiting.slice(-mostSentences).join(' ')
    this.#waiting = []
    this.#timer = setTimeout(() => this.#speak(), quietTime)
  }
}
