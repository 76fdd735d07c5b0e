// The order of events by their IDs. The package's IDs are positions in the server's log: ms, sequence number and epoch.

/**
 * Whether an event is known to be at or before another one. False if the IDs are of different logs, or not of the package's
 * form: such events cannot be compared.
 */
export function isUpTo(id: string, other: string): boolean {
  const [ms = '', seq = '', epoch] = id.split('-')
  const [otherMs = '', otherSeq = '', otherEpoch] = other.split('-')
  if (epoch === undefined || epoch !== otherEpoch) return false
  const difference = parseInt(ms, 36) - parseInt(otherMs, 36) || parseInt(seq, 36) - parseInt(otherSeq, 36)
  return difference <= 0
}
