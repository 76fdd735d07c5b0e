/** Runs Lua scripts. Redis runs each script as one atomic step. */
import { createHash } from 'node:crypto'
import type { RedisConnection } from './connection.js'

export interface Script {
  readonly source: string
  readonly sha: string
}

export function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/** Runs a script by its hash. If Redis does not know the hash, such as after a restart, sends the source. */
export async function run(
  connection: RedisConnection,
  { sha, source }: Script,
  keys: readonly [string, ...string[]],
  args: readonly string[],
  timeout: number,
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args]
  try {
    return await connection.send(keys[0], ['EVALSHA', sha, ...rest], timeout)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return connection.send(keys[0], ['EVAL', source, ...rest], timeout)
  }
}
