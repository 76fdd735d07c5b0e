// The versions of npm redis that the store works with, each as it makes clients.
import * as redis6 from 'redis'
import * as redis5 from 'redis5'
import type { RedisClient, RedisStoreOptions } from '../../src/redis/index.js'

export interface RedisVersion {
  readonly version: string
  readonly createClient: (options: { url: string; RESP?: 2 | 3 }) => RedisClient
  readonly createCluster: (options: { rootNodes: { url: string }[] }) => RedisClient
}

/** A client of a version in place of a URL. */
export function withClient(
  { createClient }: RedisVersion,
  options: Partial<RedisStoreOptions>,
): Partial<RedisStoreOptions> {
  const { url, ...rest } = options
  return url === undefined ? rest : { ...rest, client: createClient({ url }) }
}

export const REDIS_VERSIONS: readonly RedisVersion[] = [
  { version: 'redis 6', createClient: redis6.createClient, createCluster: redis6.createCluster },
  { version: 'redis 5', createClient: redis5.createClient, createCluster: redis5.createCluster },
]
