/** Whether this process is one of several that run the same app. */
import cluster from 'node:cluster'

/**
 * PM2 numbers the instances of an app from 0, in both of its modes; one alone is number 0. A worker of `node:cluster`
 * does not know whether there are others.
 */
export function isOneOfSeveral(env: NodeJS.ProcessEnv = process.env, isWorker = cluster.isWorker): boolean {
  const { NODE_APP_INSTANCE: instance } = env
  return instance === undefined || instance === '' ? isWorker : Number(instance) > 0
}
