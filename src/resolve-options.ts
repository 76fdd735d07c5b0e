/** Checks the options of `sse()` and `createRegistry()`, and adds their defaults. */
import { check, given } from './check.js'
import { insteadOfRegistryOptions, insteadOfStreamOptions } from './mistakes.js'
import {
  HISTORY_DEFAULTS,
  HISTORY_FORMS,
  REGISTRY_DEFAULTS,
  REGISTRY_FORMS,
  type RegistryOptions,
  type ResolvedRegistryOptions,
} from './registry-options.js'
import { createWarner } from './report.js'
import { resolveSnapshotOptions, type SnapshotOptions } from './snapshot-options.js'
import {
  COMPRESS_DEFAULTS,
  COMPRESS_FORMS,
  STREAM_DEFAULTS,
  STREAM_FORMS,
  type CompressOptions,
  type ResolvedStreamOptions,
  type StreamOptions,
} from './stream-options.js'
import type { CompressionSettings } from './wire/compression.js'

/** Hints for options that were passed to the wrong one of the two functions. */
const OF_REGISTRY = Object.fromEntries(
  Object.keys(REGISTRY_FORMS).map((name) => [name, `write sse({ registry: { ${name} } })`]),
)
const OF_STREAM = Object.fromEntries(Object.keys(STREAM_FORMS).map((name) => [name, `${name} is an option of sse()`]))

/** @throws `ERR_SSE_OPTION` for a wrong option */
export function resolveStreamOptions(options: StreamOptions): ResolvedStreamOptions {
  check('sse()', options, STREAM_FORMS, '', { instead: insteadOfStreamOptions, elsewhere: OF_REGISTRY })
  const { compress, ...others } = given(options)
  return { ...STREAM_DEFAULTS, ...others, ...(compress !== undefined && { compress: resolveCompress(compress) }) }
}

function resolveCompress(compress: boolean | CompressOptions): CompressionSettings | undefined {
  if (compress === false) return undefined
  if (compress === true) return COMPRESS_DEFAULTS
  check('sse()', compress, COMPRESS_FORMS, 'compress.')
  return { ...COMPRESS_DEFAULTS, ...given(compress) }
}

/** @throws `ERR_SSE_OPTION` for a wrong option */
export function resolveRegistryOptions<E extends object>(options: RegistryOptions<E>): ResolvedRegistryOptions {
  check('createRegistry()', options, REGISTRY_FORMS, '', { instead: insteadOfRegistryOptions, elsewhere: OF_STREAM })
  const { history, bytes, keys, store, snapshot, coalesce, linger, onError } = {
    ...REGISTRY_DEFAULTS,
    ...given(options),
  }
  if (history !== false) check('createRegistry()', history, HISTORY_FORMS, 'history.')
  const bounds = { ...HISTORY_DEFAULTS, ...(history === false ? {} : given(history)) }
  const log = { history: bounds, replay: history !== false, bytes, keys }
  return {
    log,
    store,
    coalesce,
    linger,
    snapshot: snapshot && resolveSnapshotOptions(snapshot as SnapshotOptions),
    onError: onError ?? createWarner(),
  }
}
