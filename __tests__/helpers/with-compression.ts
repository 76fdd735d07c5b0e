// Set up for the project `compressed`: each `sse()` compresses, and each client accepts it.
import { COMPRESS_DEFAULTS, STREAM_DEFAULTS } from '../../src/stream-options.js'

STREAM_DEFAULTS.compress = COMPRESS_DEFAULTS
process.env.TESTS_ACCEPT_GZIP = 'true'
