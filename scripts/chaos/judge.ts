/** Compares what a client got with what the stream in Redis holds. */
import type { Client, Received } from './client.js'

export interface Truth {
  readonly channel: string
  readonly data: string
  /** ID of the event on the wire, without its epoch. */
  readonly id: string
}

/** What is wrong with what a client got: nothing, if each event came once and in order, or a gap covers what is missing. */
export function judge(client: Client, stream: readonly Truth[]): string[] {
  const start = stream.findIndex(({ id }) => isAfter(id, client.since ?? '0-0-0'))
  const due = (start < 0 ? [] : stream.slice(start)).filter(({ channel }) => client.channels.includes(channel))
  const place = new Map(due.map(({ data }, i) => [data, i]))
  const complaints: string[] = []
  let next = 0
  let gap: string[] | undefined
  const missing = (from: number, to: number) => {
    const lost = due.slice(from, to)
    const uncovered = lost.filter(({ channel }) => gap?.includes(channel) !== true)
    if (uncovered.length > 0) complaints.push(`lost ${uncovered.map(({ data }) => data).join(' ')} without a gap`)
    if (gap !== undefined && lost.length === 0)
      complaints.push(`a gap before ${due[to]?.data ?? 'the end'} covers nothing`)
    gap = undefined
  }
  for (const one of client.received) {
    if (isGap(one)) {
      gap = [...(gap ?? []), ...one.gap]
      continue
    }
    const at = place.get(one)
    if (at === undefined || at < next) {
      complaints.push(at === undefined ? `got ${one}, which is not in the stream` : `got ${one} late or twice`)
      continue
    }
    missing(next, at)
    next = at + 1
  }
  missing(next, due.length)
  return complaints
}

export function isGap(received: Received): received is Exclude<Received, string> {
  return typeof received !== 'string'
}

function isAfter(id: string, other: string): boolean {
  const [ms = 0, seq = 0] = numbersOf(id)
  const [otherMs = 0, otherSeq = 0] = numbersOf(other)
  return ms - otherMs > 0 || (ms === otherMs && seq > otherSeq)
}

function numbersOf(id: string): number[] {
  return id.split('-').map((part) => parseInt(part, 36))
}
