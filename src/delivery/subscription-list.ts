/** The subscriptions of one connection, oldest first. Adding and removing take constant time. */
import { SseError } from '../errors.js'
import { comparePositions, positionBefore, type Position } from '../log/position.js'
import { MOST_REPEATED } from './cursor.js'
import type { EventViews } from './event-views.js'
import type { Subscription } from './subscription.js'

/** Up to this size, a search through the list is faster than a map, and saves the memory of one. */
const FEW = 8

export class SubscriptionList {
  first: Subscription | undefined
  size = 0
  /** Whether some subscription began after the client's last event ID. */
  hasResumed = false
  #last: Subscription | undefined
  #byName: Map<string, Subscription> | undefined
  /** Names of channels that were read and then unsubscribed. */
  #unsubscribed: Set<string> | undefined

  has(name: string): boolean {
    if (this.#byName !== undefined) return this.#byName.has(name)
    for (let each = this.first; each !== undefined; each = each.next) if (each.channel.name === name) return true
    return false
  }

  /**
   * Returns the names that are not in the list.
   *
   * @throws `ERR_SSE_LIMIT` if they would make the list longer than `max`
   */
  select(names: readonly string[], max: number): ReadonlySet<string> {
    const selected = new Set(names.filter((name) => !this.has(name)))
    const count = this.size + selected.size
    if (count <= max) return selected
    throw new SseError(
      'ERR_SSE_LIMIT',
      `subscribe(): a connection may have ${max} channels; got ${count}. Publish to fewer channels, or raise maxSubscriptions`,
    )
  }

  add(subscription: Subscription): void {
    subscription.previous = this.#last
    if (this.#last === undefined) this.first = subscription
    else this.#last.next = subscription
    this.#last = subscription
    this.size++
    if (this.#byName !== undefined) this.#byName.set(subscription.channel.name, subscription)
    else if (this.size > FEW) this.#byName = new Map(this.toArray().map((each) => [each.channel.name, each]))
  }

  delete({ channel, previous, next }: Subscription): void {
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    this.size--
    this.#byName?.delete(channel.name)
  }

  /** Remembers that a channel was read and then unsubscribed. Remembers the newest `max` names. */
  rememberUnsubscribed(name: string, max: number): void {
    const names = (this.#unsubscribed ??= new Set())
    names.add(name)
    const [oldest = ''] = names
    if (names.size > max) names.delete(oldest)
  }

  /** Whether `rememberUnsubscribed` remembers the name. */
  wasUnsubscribed(name: string): boolean {
    return this.#unsubscribed?.has(name) === true
  }

  /** Whether some subscription has a new event without a key, which its filter accepts. */
  hasNewUnkeyed(views: EventViews, epoch: string): boolean {
    for (let each = this.first; each !== undefined; each = each.next) if (each.hasNewUnkeyed(views, epoch)) return true
    return false
  }

  /**
   * Moves overtaken cursors past their gaps, except for those that wait for a snapshot. Returns their subscriptions;
   * undefined if there are none.
   */
  skipOvertaken(): Subscription[] | undefined {
    let overtaken: Subscription[] | undefined
    for (let each = this.first; each !== undefined; each = each.next) {
      if (each.awaitsSnapshot || !each.isOvertaken) continue
      each.skipGap()
      ;(overtaken ??= []).push(each)
    }
    return overtaken
  }

  /**
   * Makes all subscriptions read the latest event of every key again. Returns false, and changes none, if a bound has
   * evicted the latest event of some key, or if too much would be repeated.
   */
  repeatLatest(): boolean {
    let repeated = 0
    for (let each = this.first; each !== undefined; each = each.next) {
      if (each.channel.isIncomplete) return false
      repeated += each.repeatable
    }
    if (repeated > MOST_REPEATED) return false
    for (let each = this.first; each !== undefined; each = each.next) each.repeatLatest()
    return true
  }

  /** Returns the position before the next unsent event, after which the client can resume; undefined if all is sent. */
  readUpTo(): Position | undefined {
    let lowest: Position | undefined
    for (let each = this.first; each !== undefined; each = each.next) {
      const position = each.peek()?.position
      if (position !== undefined && (lowest === undefined || comparePositions(position, lowest) < 0)) lowest = position
    }
    return lowest && positionBefore(lowest)
  }

  toArray(): Subscription[] {
    const subscriptions: Subscription[] = []
    for (let each = this.first; each !== undefined; each = each.next) subscriptions.push(each)
    return subscriptions
  }
}
