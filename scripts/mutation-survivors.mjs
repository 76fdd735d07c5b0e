/**
 * The mutants that no test can kill, and why: each by its file, the line of code that it changes and, where not all mutants of
 * that line survive, the text it stands in place of and what it has there.
 */
export const survivors = [
  {
    file: 'position',
    line: 'const [, ms, seq, epoch] = ID.exec(id) ?? []',
    why: 'the first element is not looked at',
  },
  {
    file: 'position',
    line: 'if (ms === undefined || seq === undefined || epoch === undefined) return undefined',
    why: 'the expression matches with all three groups or not at all; the compiler wants each of them asked for',
  },
  {
    file: 'negotiation',
    line: "function readQuery(url = ''): string {",
    why: 'any text without a question mark has no query',
  },
  {
    file: 'channel-log',
    line: 'return event.key !== undefined && this.#latest.get(event.key) === event',
    from: 'event.key !== undefined',
    why: 'no event stands under `undefined`',
  },
  {
    file: 'channel-log',
    line: 'return events[countWhile(events.length, (i) => (events[i]?.number ?? Infinity) <= number)]',
    from: 'events[i]?.number',
    why: '`i` is always below the length',
  },
  {
    file: 'channel-log',
    line: 'if (comparePositions(position, this.floor) < 0) return this.#numberBelowFloor(position)',
    to: ['comparePositions(position, this.floor) <= 0'],
    why: 'at the floor both ways of counting come to its number',
  },
  {
    file: 'channel-log',
    line: 'const isRead = (i: number) => comparePositions(history.peekAt(i)?.position ?? position, position) <= 0',
    from: 'history.peekAt(i)?.position',
    why: '`i` is always below the length',
  },
  {
    file: 'channel-log',
    line: 'if (event.ownId !== undefined) this.#indexOwnId(event, event.ownId)',
    to: ['true'],
    why: 'under `undefined` nobody looks an event up',
  },
  {
    file: 'channel-log',
    line: 'if (event === undefined) return undefined',
    why: 'the log lets go of an event only where history holds one; the guard is the compiler’s',
  },
  {
    file: 'channel-log',
    line: 'if (!this.isLatest(event) || event.key === undefined) return',
    from: 'event.key === undefined',
    why: 'only an event with a key is the latest of one; the guard is the compiler’s',
  },
  {
    file: 'channel-log',
    line: 'if (event.ownId !== undefined && this.#byOwnId?.get(event.ownId) === event) this.#byOwnId.delete(event.ownId)',
    from: 'this.#byOwnId?.get',
    why: 'an event with an ID of its own has been put in there; the guard is the compiler’s',
  },
  {
    file: 'channel-log',
    line: 'if (event.ownId !== undefined && this.#byOwnId?.get(event.ownId) === event) this.#byOwnId.delete(event.ownId)',
    from: 'event.ownId !== undefined',
    why: 'no event stands under `undefined`',
  },
  {
    file: 'delivery',
    line: 'if (++served % STRIDE === 0 && this.#clock() >= until) break',
    to: ['--served'],
    why: 'a number is divisible whatever its sign',
  },
  {
    file: 'log',
    line: 'isPending = false',
    why: '`begin` sets it before anything is read, and a registry whose store is late sets it itself',
  },
  {
    file: 'log',
    line: 'if (comparePositions(channel.floor, this.#droppedFloor) > 0) this.#droppedFloor = channel.floor',
    to: ['comparePositions(channel.floor, this.#droppedFloor) >= 0'],
    why: 'it would put an equal floor in place of an equal one',
  },
  {
    file: 'log',
    line: 'if (history === undefined || this.#latestOnly.bytes > bytes / 2) this.#forget(this.#latestOnly.oldest)',
    from: 'history === undefined',
    why: 'without history all that is beyond the bound are latest events, which are more than half of it then',
  },
  {
    file: 'log',
    line: 'if (event === undefined) return',
    why: 'it is called only where there is an event; the guard is the compiler’s',
  },
]
