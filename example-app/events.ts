// What travels on the wire: every event type of the app and the data it carries. The page reads exactly these.

export type Side = 'home' | 'away'
export type Period =
  'not started' | 'first half' | 'half-time' | 'second half' | 'extra time' | 'penalties' | 'full-time'

/** One line of a scorer list. `minute` is as printed on a match report: `23`, `90+1`. */
export interface GoalLine {
  minute: string
  team: Side
  scorer: string
  kind?: 'penalty' | 'own goal'
}

/**
 * The whole state of a game, so that the newest one is enough to draw it. Published with a key: a newer score replaces
 * an older one. `run` counts the replays of this match, `byHand` says that somebody corrected the score over HTTP, and
 * `hasLeft` that a finished match leaves the board: this is its last event.
 */
export interface Score {
  game: string
  run: number
  period: Period
  minute: string
  home: number
  away: number
  goals: GoalLine[]
  shootout?: Record<Side, number>
  byHand?: true
  hasLeft?: true
}

/** The match clock, once a match minute. Published with a key as well: nobody needs yesterday's minute. */
export interface Clock {
  game: string
  run: number
  period: Period
  minute: string
  /** How far into the match the clock stands, in match minutes, and how many this match has. */
  elapsed: number
  length: number
}

/** A goal as it falls. Published without a key, so that nobody misses one: a client that was away gets them all. */
export interface Goal extends GoalLine {
  game: string
  run: number
  home: number
  away: number
}

/** How many of a product are left. Keyed by `sku`. */
export interface Availability {
  sku: string
  stock: number
  status: 'in stock' | 'low' | 'sold out'
}

/** How the replay runs: `speed` is how many milliseconds a match minute takes. */
export interface ReplayState {
  speed: number
  running: boolean
}

/** Whether the shop sells by itself. */
export interface SalesState {
  running: boolean
}

/** Sent to one connection when it opens. `connection` is what `POST /connections/:id/cut` takes. */
export interface ConnectTime {
  time: string
  connection: string
}

/** Event type → data, for the registry to check what is published. */
export interface Events {
  connecttime: ConnectTime
  score: Score
  clock: Clock
  goal: Goal
  availability: Availability
  replay: ReplayState
  sales: SalesState
  /** A session has ended. For the processes of the app alone, and keyed by the session. */
  signout: object
}
