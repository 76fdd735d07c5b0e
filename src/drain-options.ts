/** Options of `drain()` and `close()`: meaning, defaults and checks. */
import { check, given, type Form } from './check.js'

/** Options of `close()`. */
export interface CloseOptions {
  /**
   * Milliseconds that a client has to receive unsent bytes after its connection was ended. After that, the connection is
   * destroyed and counted in `stats().destroyed`. `0` destroys at once. `false`: only `stallTimeout` bounds the wait.
   * @default 5000
   */
  grace?: number | false
}

/** Options of `drain()`. */
export interface DrainOptions extends CloseOptions {
  /**
   * Milliseconds over which connections are ended, each at a random moment, so that clients do not all reconnect at once.
   * The grace begins when the window is over. `0` ends all connections at once.
   * @default 10_000
   */
  window?: number
}

const DEFAULTS = { window: 10_000, grace: 5000 }

const isMilliseconds = (value: unknown) => Number.isFinite(value) && Number(value) >= 0

const FORMS: Record<keyof DrainOptions, Form> = {
  window: { is: 'a number of milliseconds, 0 or more', test: isMilliseconds },
  grace: {
    is: 'a number of milliseconds, 0 or more, or false',
    test: (value) => value === false || isMilliseconds(value),
  },
}

export function resolveDrainOptions(options: DrainOptions): Required<DrainOptions> {
  check('drain()', options, FORMS)
  return { ...DEFAULTS, ...given(options) }
}

/** Returns the grace: milliseconds, or false. */
export function resolveGrace(options: CloseOptions): number | false {
  check('close()', options, { grace: FORMS.grace })
  return options.grace ?? DEFAULTS.grace
}
