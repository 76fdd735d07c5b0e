/** Detects whether several processes run the same app. */
import cluster from 'node:cluster'

/**
 * Whether this process is one of several that run the same app. PM2 numbers the instances of an app from 0, in both of
 * its modes. A `node:cluster` worker cannot see whether there are others, so each counts as one of several.
 */
export function isOneOfSeveral(env: NodeJS.ProcessEnv = process.env, isWorker = cluster.isWorker): boolean {
  const { NODE_APP_INSTANCE: instance } = env
  return instance === undefined || instance === '' ? isWorker : Number(instance) > 0
}
