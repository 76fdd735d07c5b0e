import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A server in a process of its own. */
export class ServerProcess {
  readonly port: number
  isStopped = false
  readonly #child: ChildProcess
  #isExpectedToEnd = false

  private constructor(child: ChildProcess, port: number, onCrash: (complaint: string) => void) {
    this.#child = child
    this.port = port
    child.once('exit', (code, signal) => {
      if (!this.#isExpectedToEnd) onCrash(`a server ended by itself: ${String(code ?? signal)}`)
    })
  }

  static async start(file: string, args: string[], onCrash: (complaint: string) => void): Promise<ServerProcess> {
    const child = fork(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const [port] = (await once(child, 'message')) as [number]
    return new ServerProcess(child, port, onCrash)
  }

  stop(): void {
    this.isStopped = true
    this.#child.kill('SIGSTOP')
  }

  continue(): void {
    this.isStopped = false
    this.#child.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    this.#isExpectedToEnd = true
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exit
  }
}
