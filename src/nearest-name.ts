/** Finds the name that somebody meant who wrote another one: "did you mean `keepAlive`?". */
import { distance } from 'fastest-levenshtein'

/** Longer names are not typing mistakes. The distance takes time in proportion to the product of both lengths. */
const MAX_LENGTH = 40
/** How much of a name may differ. */
const MAX_DIFFERENCE = 0.5

/** Undefined when no name is near. Upper and lower case count as the same. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined
  const far = (known: string) => distance(name.toLowerCase(), known.toLowerCase()) / name.length
  const [best] = names.map((known) => ({ known, far: far(known) })).sort((a, b) => a.far - b.far)
  return best !== undefined && best.far <= MAX_DIFFERENCE ? best.known : undefined
}
