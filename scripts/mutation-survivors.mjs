/**
 * The mutants that no test can kill, and why. Each entry names the file and the line of code. If other mutants of that line are
 * killed, `from` is the text that is replaced, and `to` lists what replaces it.
 */
export const survivors = [
  {
    file: 'http/request',
    line: "function readQuery(url = ''): string {",
    why: 'the replacement has no question mark, so it has no query either',
  },
  {
    file: 'log/position',
    line: 'if (ms !== this.#ms) {',
    to: ['true'],
    why: 'the cache changes only the time that an ID takes',
  },
  {
    file: 'log/channel-log',
    line: 'return event.key !== undefined && this.#latest.get(event.key) === event',
    from: 'event.key !== undefined',
    why: 'the map has no event under the key `undefined`',
  },
  {
    file: 'log/channel-log',
    line: 'return events[countWhile(events.length, (i) => (events[i]?.offset ?? Infinity) <= offset)]',
    from: 'events[i]?.offset',
    why: '`i` is always below the length; the compiler asks for the check',
  },
  {
    file: 'log/channel-log',
    line: 'if (comparePositions(position, this.floor) < 0) return this.#offsetBelowFloor(position)',
    to: ['comparePositions(position, this.floor) <= 0'],
    why: 'both ways of counting return the start of history for the floor itself',
  },
  {
    file: 'log/channel-log',
    line: 'const isRead = (i: number) => comparePositions(history.at(i)?.position ?? position, position) <= 0',
    from: 'history.at(i)?.position',
    why: '`i` is always below the length; the compiler asks for the check',
  },
  {
    file: 'log/channel-log',
    line: 'if (event === undefined) return undefined',
    why: 'the log calls this only if the channel has history; the compiler asks for the check',
  },
  {
    file: 'log/channel-log',
    line: 'if (!this.isLatest(event) || event.key === undefined) return false',
    from: 'event.key === undefined',
    why: 'every latest event has a key; the compiler asks for the check',
  },
  {
    file: 'log/dropped-channels',
    line: 'if (comparePositions(floor, this.floor) > 0) this.floor = floor',
    to: ['comparePositions(floor, this.floor) >= 0'],
    why: 'it replaces a floor by an equal one',
  },
  {
    file: 'log/log',
    line: 'if (oldest === undefined || latestOnly.bytes > bytes / 2) this.#evictLatest(latestOnly.oldest)',
    from: 'oldest === undefined',
    why: 'without history, a log beyond its bound has more than half of that bound in latest events',
  },
  {
    file: 'log/log',
    line: 'if (event === undefined) return',
    why: 'both methods are called only if there is an event; the compiler asks for the check',
  },
  {
    file: 'log/log',
    line: 'if (ownId !== undefined) this.ownIds.remove(ownId)',
    to: ['true'],
    why: 'no event has the own ID `undefined`, so `remove` does nothing; the compiler asks for the check',
  },
  {
    file: 'delivery/scheduler',
    line: 'if (++served % STRIDE === 0 && this.#clock() >= until) break',
    to: ['--served'],
    why: 'a number and its negative are divisible by the same numbers',
  },
  {
    file: 'delivery/scheduler',
    line: 'if (isFiltered) group.watchFilter(subscriber)',
    to: ['true'],
    why: 'subscribers are then asked for each event, with the same answer: it only takes longer',
  },
  {
    file: 'delivery/scheduler',
    line: 'if (subscribers instanceof WindowGroup) this.#windows?.delete(subscribers)',
    from: 'this.#windows?.delete',
    why: 'a group of windows exists only after `#windows`; the compiler asks for the check',
  },
  {
    file: 'delivery/scheduler',
    line: 'if (channel.readers === 0) this.onOccupancyChange?.(channel.name)',
    to: ['true'],
    why: 'the listener looks at the channel itself, and finds that it is still occupied',
  },
  {
    file: 'delivery/scheduler',
    line: 'if (readers === 1) this.onOccupancyChange?.(name)',
    to: ['true'],
    why: 'the listener looks at the channel itself, and finds that it was occupied before',
  },
  {
    file: 'delivery/scheduler',
    line: 'if (this.#pendingBytes > bytes / 4) this.#windows?.endAll()',
    to: ['this.#pendingBytes >= bytes / 4'],
    why: 'windows end one event earlier, which is as safe',
  },
  {
    file: 'delivery/scheduler',
    line: 'if (this.#isIdle) return',
    to: ['false'],
    why: 'a pass without work serves nobody',
  },
  {
    file: 'delivery/scheduler',
    line: 'if (!this.#isRunning) this.#schedule()',
    to: ['true'],
    why: 'the additional pass finds nothing left to do',
  },
  {
    file: 'log/channel-log',
    line: 'if (!this.isLatest(event) || event.key === undefined) return false',
    from: 'false',
    why: 'the result is used only by `evictLatest`, which the log calls with latest events alone',
  },
  {
    file: 'log/channel-log',
    line: 'if (this.#chargedTo === list) return',
    to: ['false'],
    why: 'the size is taken from a list and added to the same one',
  },
  {
    file: 'log/log',
    line: 'skip(position: Position, latest: readonly StoredEvent[], incomplete: readonly string[] = []): void {',
    why: 'no channel has the name of the replacement',
  },
]
