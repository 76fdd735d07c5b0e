import { onePerTurn } from './a-one-per-turn.js'
import { tenPerTurn } from './b-ten-per-turn.js'
import { crowd } from './c-crowd.js'
import { manyChannels } from './d-many-channels.js'
import { severalChannels } from './e-several-channels.js'
import { idle } from './f-idle.js'
import { reconnect } from './g-reconnect.js'
import { stalled } from './h-stalled.js'
import { keyed } from './i-keyed.js'
import { payloads } from './j-payloads.js'
import { overTls } from './k-tls.js'
import { growth } from './l-growth.js'
import { updateWindow } from './m-update-window.js'
import { compressed } from './n-compressed.js'
import { sameChannels } from './o-same-channels.js'
import { coalescing } from './p-coalescing.js'
import { filters } from './q-filters.js'
import { accepting } from './r-accepting.js'
import { publishing } from './s-publishing.js'

/**
 * A scenario: `run(stage, size)` returns figures, `full` and `tiny` are its sizes, `cases` vary them, `needs` what a
 * contestant must be able to do, `headline` the figure whose ratio to bare `node:http` counts.
 */
export const scenarios = [
  ...[onePerTurn, tenPerTurn, crowd, manyChannels, severalChannels, idle],
  ...[reconnect, stalled, keyed, payloads, overTls, growth, updateWindow, compressed, sameChannels],
  ...[coalescing, filters, accepting, publishing],
]
