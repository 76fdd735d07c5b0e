/** Shortens text of the app for the page, which shows many rows each second. Pure. */

/** The most characters of a name. */
const NAME = 200

/** Text of the app, which may be cut at its end. */
export interface Short {
  readonly text: string
  readonly isCut?: true
}

/** Returns at most `most` characters. JSON writes half a surrogate pair as an escape, so that a cut within one is harmless. */
export function short(text: string, most = NAME): Short {
  return text.length <= most ? { text } : { text: text.slice(0, most), isCut: true }
}

/** The first names of a list, and how many there are. */
export interface ShortList {
  readonly first: Short[]
  readonly count: number
}

export function shortList(names: readonly string[], most: number): ShortList {
  return { first: names.slice(0, most).map((name) => short(name, NAME / 2)), count: names.length }
}
