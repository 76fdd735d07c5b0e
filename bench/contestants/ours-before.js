import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startPackage } from './ours.js'

/** Ours as it was built from another commit: `BENCH_BEFORE` is the path of that `dist/index.mjs`. */
export const start = (options) => startPackage(pathToFileURL(resolve(process.env.BENCH_BEFORE)).href, options)
