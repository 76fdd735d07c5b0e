/** Options of the server: tight, so that within minutes every one of them is reached time and again. */
export const STREAM = { retry: 500, keepAlive: 1000, maxAge: 20_000, stallTimeout: 3000 }

/** A hundred scores, or two seconds of photos. */
export const HISTORY = { events: 100, bytes: 2 * 1024 * 1024, age: 60_000 }
