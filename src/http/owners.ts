/** The streams of each owner, opened or not. Streams without an owner are not in here. */
import type { Stream } from './stream.js'

export class Owners {
  readonly #streams = new Map<string, Set<Stream>>()
  /** Owners that were disconnected while requests wait for the store; undefined if none waits. */
  #disconnected: Set<string> | undefined

  /** Requests wait from now on. Their streams are not known yet. */
  hold(): void {
    this.#disconnected = new Set()
  }

  /** No request waits any more. */
  release(): void {
    this.#disconnected = undefined
  }

  add(stream: Stream): void {
    const { owner } = stream
    if (owner === undefined) return
    const streams = this.#streams.get(owner)
    if (streams === undefined) this.#streams.set(owner, new Set([stream]))
    else streams.add(stream)
    if (this.#disconnected?.has(owner) === true) stream.disconnect()
  }

  remove(stream: Stream): void {
    const { owner } = stream
    if (owner === undefined) return
    const streams = this.#streams.get(owner)
    if (streams?.delete(stream) === true && streams.size === 0) this.#streams.delete(owner)
  }

  /** The streams of an owner, opened or not. */
  of(owner: string): Iterable<Stream> {
    return this.#streams.get(owner) ?? []
  }

  /** Whether the owner of a stream has as many open streams of its route as `maxPerOwner` allows. */
  isAtLimit({ owner, route }: Stream): boolean {
    const { maxPerOwner } = route.options
    if (owner === undefined || maxPerOwner === Infinity) return false
    let open = 0
    for (const other of this.of(owner)) if (other.route === route && other.isOpen) open++
    return open >= maxPerOwner
  }

  /** Returns the streams of an owner that are to be ended now. Requests of the owner that wait will be ended too. */
  collect(owner: string): readonly Stream[] {
    this.#disconnected?.add(owner)
    return [...this.of(owner)]
  }
}
