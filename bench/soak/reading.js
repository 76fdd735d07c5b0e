/**
 * What one client is sent, judged as it comes: the events of its channels across all connections (see account.js), and
 * what the package says about them with `sse-gap` and `sse-ready`. Whatever is wrong is thrown back as an error.
 */
import { openAccount } from './account.js'
import { kindOf, textOf } from './events.js'

export class Reading {
  lastEventId = ''
  #from
  #accounts
  #position
  #epoch
  /** Whether it has been caught up since it began; before, its last event ID may be older than the moment it came. */
  #hasBeenReady = false
  #connection

  constructor({ channels, from = 'latest', filtered = false }) {
    this.#from = from
    this.#accounts = new Map(channels.map((channel) => [channel, openAccount(channel, { filtered })]))
  }

  /** A stream has begun, when so many events of each channel had been published, after this ID. */
  connected(published, sentId = this.lastEventId) {
    const isForeign = sentId !== this.lastEventId
    this.#connection = {
      published,
      isForeign,
      resumes: sentId !== '',
      isReady: false,
      received: 0,
      gaps: 0,
      hasGap: false,
    }
    if (sentId === '') this.#begin(this.#from)
    else if (!this.#hasBeenReady) this.#accounts.forEach((account) => account.loosen())
  }

  take({ id, event, data }, now) {
    const position = id === undefined ? this.#position : this.#positionOf(id)
    if (event === 'sse-gap') this.#takeGap(JSON.parse(data), now)
    else if (event === 'sse-ready') this.#takeReady(JSON.parse(data))
    else this.#takeEvent(event, JSON.parse(data), position)
    this.#position = position
    if (id !== undefined) this.lastEventId = id
  }

  /** What it is still owed when so many events of each channel have been published; undefined when that is nothing. */
  owed(published) {
    for (const [channel, account] of this.#accounts) {
      const owed = account.owed(published[channel])
      if (owed !== undefined) return owed
    }
    return undefined
  }

  /** The events that it was told it has lost. */
  takeLosses() {
    return [...this.#accounts.values()].flatMap((account) => account.losses.splice(0))
  }

  #begin(from) {
    const { published } = this.#connection
    this.#hasBeenReady = false
    this.#position = undefined
    for (const [channel, account] of this.#accounts) account.begin(published[channel], from)
  }

  #takeEvent(event, { channel, number, text }, position) {
    const account = this.#accounts.get(channel)
    if (account === undefined) throw new Error(`got an event of ${channel}, which it does not read`)
    if (event !== kindOf(channel) || text !== textOf(channel, number)) {
      throw new Error(`event ${number} of ${channel} has been changed on its way`)
    }
    if (this.#position !== undefined && !isAfter(position, this.#position)) {
      throw new Error(`event ${number} of ${channel} came behind one with a higher ID`)
    }
    account.take(number)
    this.#connection.received++
  }

  #takeGap({ channels, reason, complete }, now) {
    const strange = channels.find((channel) => !this.#accounts.has(channel))
    if (strange !== undefined) throw new Error(`got a gap of ${strange}, which it does not read`)
    const isNewStart = reason === 'unknown' || reason === 'restarted'
    if (isNewStart !== (this.#connection.isForeign && this.#connection.gaps === 0)) {
      throw new Error(`got a gap for the reason ${reason}`)
    }
    if (isNewStart) this.#begin('latest')
    else for (const channel of channels) this.#accounts.get(channel).announceGap(now)
    if (complete) for (const account of this.#accounts.values()) account.expectLatest()
    if (reason !== 'slow') this.#connection.gaps++
    // It is told again when it has caught up behind the gap. Events that waited for `sse-ready` before still count.
    if (this.#connection.isReady) Object.assign(this.#connection, { isReady: false, received: 0 })
    this.#connection.hasGap = true
  }

  #takeReady({ resumed, replayed }) {
    const { published, resumes, isForeign, isReady, received, hasGap } = this.#connection
    if (isReady) throw new Error('got sse-ready twice without a gap between them')
    if (resumed !== (resumes && !hasGap) || (isForeign && resumed)) {
      throw new Error(`was told resumed: ${resumed}, ${hasGap ? 'after a gap' : 'without a gap'}`)
    }
    if (replayed !== received) throw new Error(`was told of ${replayed} replayed events, got ${received}`)
    const owed = this.owed(published)
    if (owed !== undefined) throw new Error(`was told that it is caught up, but ${owed}`)
    this.#connection.isReady = this.#hasBeenReady = true
    this.#connection.hasGap = false
  }

  #positionOf(id) {
    const [ms, seq, epoch] = id.split('-')
    if (epoch !== (this.#epoch ??= epoch)) throw new Error(`got the ID ${id} of another epoch than ${this.#epoch}`)
    return { ms: parseInt(ms, 36), seq: parseInt(seq, 36) }
  }
}

function isAfter(position, other) {
  return position.ms > other.ms || (position.ms === other.ms && position.seq > other.seq)
}
