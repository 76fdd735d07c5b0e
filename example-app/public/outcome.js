// What the server said about a reconnect, in words. All of it comes from `sse-ready` and `sse-gap`.

const reasons = {
  evicted: 'history too short',
  slow: 'this client read too slowly',
  restarted: 'the server restarted',
  unknown: 'the server does not know the last event ID',
}

/** `kind` is 'caught-up', 'gap' or, for a first connection, 'live'. */
export function describe({ isFirst, resumed, replayed, gap }) {
  if (gap) return { kind: 'gap', title: 'Gap', detail: `${reasons[gap.reason] ?? gap.reason}: scores reloaded` }
  if (resumed && !isFirst)
    return { kind: 'caught-up', title: 'Caught up', detail: `${count(replayed, 'event')} replayed` }
  return { kind: 'live', title: 'Live', detail: `since ${new Date().toLocaleTimeString('en-GB')}` }
}

/** `count(2, 'goal')` is "2 goals". */
export function count(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
