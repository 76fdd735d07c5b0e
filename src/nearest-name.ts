/** Finds the known name that is nearest to a misspelt one, for "did you mean `keepAlive`?". */
import { distance } from 'fastest-levenshtein'

/** Longer names are not compared, because the time grows with the product of both lengths. */
const MAX_LENGTH = 40
/** The share of a name that may differ. */
const MAX_DIFFERENCE = 0.5

/** Returns undefined if no name is near. Ignores case. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined
  const far = (known: string) => distance(name.toLowerCase(), known.toLowerCase()) / name.length
  const [best] = names.map((known) => ({ known, far: far(known) })).sort((a, b) => a.far - b.far)
  return best !== undefined && best.far <= MAX_DIFFERENCE ? best.known : undefined
}
