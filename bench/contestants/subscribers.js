/** Who listens to which channel, kept by hand where a contestant has no channels of its own. */
export class Subscribers {
  #byChannel = new Map()

  add(channels, subscriber) {
    for (const channel of channels) {
      const subscribers = this.#byChannel.get(channel)
      if (subscribers) subscribers.add(subscriber)
      else this.#byChannel.set(channel, new Set([subscriber]))
    }
  }

  remove(channels, subscriber) {
    for (const channel of channels) this.#byChannel.get(channel)?.delete(subscriber)
  }

  of(channel) {
    return this.#byChannel.get(channel) ?? []
  }

  writeToAll(text) {
    for (const subscribers of this.#byChannel.values()) for (const subscriber of subscribers) subscriber.write(text)
  }
}
