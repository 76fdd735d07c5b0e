import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { caller } from './rpc.js'

const PATIENCE = 3000

/** Server and load generator must not take each other's core. Where they cannot be pinned, they share what there is. */
export const cores = { server: 0, load: 1 }
export const pinned = Object.values(cores).every(
  (core) => spawnSync('taskset', ['-c', String(core), 'true']).status === 0,
)

/**
 * Starts `script` (relative to this folder) pinned to `core`; a `patient` one gives way to others on that core. Returns
 * its methods and a way to end it.
 */
export function startChild(script, { core, nodeOptions = [], patient = false }) {
  const command = [process.execPath, ...nodeOptions, fileURLToPath(new URL(script, import.meta.url))]
  if (pinned) command.unshift('taskset', '-c', String(core))
  const child = spawn(command[0], command.slice(1), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced', // typed arrays go over as they are
  })
  if (patient) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
  return {
    methods: caller(child),
    /** Lets it go by itself, so that it can end what it started; a child that does not go is killed. */
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.disconnect()
      const killing = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
      await exited
      clearTimeout(killing)
    },
  }
}
