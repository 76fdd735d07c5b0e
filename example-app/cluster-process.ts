// One of the processes of the cluster. If it ends, it is started again on the same port.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** ms from the end of a process to its next start, long enough to see what its clients do. */
export const restartDelay = 2_000

export interface ClusterProcessOptions {
  directory: string
  /** 0 takes a free port, and keeps it. */
  port: number
  /** Flags of server.ts besides `--port`. */
  flags: string[]
  /** Called if the process ends before it listens. It has printed why. */
  onFailure: () => void
}

export class ClusterProcess {
  port: number
  readonly #options: ClusterProcessOptions
  #child: ChildProcess | undefined
  #isLeaving = false

  constructor(options: ClusterProcessOptions) {
    this.#options = options
    this.port = options.port
    process.once('exit', () => this.kill())
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when the process listens. */
  async start(): Promise<void> {
    if (this.#isLeaving) return
    const { directory, flags, onFailure } = this.#options
    const child = fork(join(directory, 'server.ts'), ['--port', `${this.port}`, ...flags], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    let isListening = false
    child.once('exit', () => {
      this.#child = undefined
      if (this.#isLeaving) return
      if (isListening) setTimeout(() => void this.start(), restartDelay)
      else onFailure()
    })
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    this.port = port
    isListening = true
  }

  /** Ends the process as a crash does. Answers whether there was one. */
  kill(): boolean {
    return this.#child?.kill('SIGKILL') ?? false
  }

  /** Ends the process for good. Resolves when it has ended. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    const child = this.#child
    if (!child) return
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    await exit
  }
}
