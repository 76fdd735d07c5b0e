/** The files of the page: read once, when an inspector is made, and served from memory. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { invalid } from '../check.js'

export interface PageFile {
  readonly type: string
  readonly body: Buffer
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The folder is beside this file, and beside the bundle that this file is part of. */
const FOLDER = 'inspector-page'

/**
 * Returns the files by their path below the mount path. The page itself is `/`.
 *
 * @throws `ERR_SSE_OPTION` if a bundler of the app has left the folder behind
 */
export function readPageFiles(directory = join(import.meta.dirname, FOLDER)): ReadonlyMap<string, PageFile> {
  try {
    return new Map(
      readdirSync(directory).map((name) => {
        const file = {
          type: TYPES[extname(name)] ?? 'application/octet-stream',
          body: readFileSync(join(directory, name)),
        }
        return [name === 'index.html' ? '/' : `/${name}`, file]
      }),
    )
  } catch (cause) {
    const { message } = cause as Error
    throw invalid(
      `inspector(): its page is missing: ${message}. If a bundler packs your server, tell it to leave express-sse-channels external`,
    )
  }
}
