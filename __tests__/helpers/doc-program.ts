// Runs a program of the documentation in a process of its own, on free ports, and carries out the steps of its page.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { CodeBlock } from './doc-pages.js'
import { freePort } from './free-port.js'
import { until } from './until.js'

const root = join(__dirname, '../..')
const TIMEOUT = 20_000

/** `listen(3000`, `port: 3000` or `//localhost:3000`. */
const PORT = /(listen\(|port: |\/\/[\w.]+:)(300\d)\b/g
const ATTEMPTS = 3

/** An answer of the program: status, headers and as much of the body as has arrived. */
class Answer {
  text: string

  constructor(
    response: Response,
    readonly aborter: AbortController,
  ) {
    const headers = Array.from(response.headers, ([name, value]) => `${name}: ${value}\n`)
    this.text = `${response.status} ${response.statusText}\n${headers.join('')}\n`
    this.#read(response).catch(() => undefined) // aborted below
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) this.text += decoder.decode(bytes, { stream: true })
  }
}

/** One step: what to do, and the texts to wait for. */
interface Step {
  readonly action: string
  readonly expected: readonly string[]
}

function parseStep(step: string): Step {
  const [action = '', ...expected] = step.split('→').map((part) => part.trim())
  if (expected.length === 0) throw new Error(`"${step}" does not say what to expect: write → and a text`)
  return { action, expected }
}

/** Runs a program, carries out its steps and ends it. Rejects with what the program printed if a step fails. */
export async function tryOut(block: CodeBlock): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const program = await DocProgram.start(block)
    try {
      for (const step of block.steps) await program.carryOut(parseStep(step))
      return
    } catch (error) {
      // Another process may have taken a port since it was found free.
      if (attempt < ATTEMPTS && program.printed.includes('EADDRINUSE')) continue
      throw new Error(`${block.place}: ${(error as Error).message}\nThe program printed:\n${program.printed}`, {
        cause: error,
      })
    } finally {
      await program.end()
    }
  }
}

class DocProgram {
  printed = ''
  readonly #child: ChildProcess
  readonly #ports: ReadonlyMap<string, number>
  readonly #answers: Answer[] = []
  #streaming: Answer | undefined

  private constructor(child: ChildProcess, ports: ReadonlyMap<string, number>) {
    this.#child = child
    this.#ports = ports
    for (const output of [child.stdout, child.stderr])
      output?.setEncoding('utf8').on('data', (text: string) => (this.printed += text))
  }

  static async start({ code, language }: CodeBlock): Promise<DocProgram> {
    const ports = new Map<string, number>()
    for (const [, , port = ''] of code.matchAll(PORT)) if (!ports.has(port)) ports.set(port, await freePort())
    const moved = code.replace(PORT, (_, before: string, port: string) => `${before}${ports.get(port)}`)
    const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: root })
    child.stdin.end(await bundle(moved, language))
    return new DocProgram(child, ports)
  }

  async carryOut({ action, expected }: Step): Promise<void> {
    const found = await this.#textOf(action)
    const hasAll = () => expected.every((text) => found().includes(text))
    const hasFailed = () => this.#child.exitCode !== null && action !== 'exits' && action !== 'prints'
    await until(() => hasAll() || hasFailed(), TIMEOUT).catch(() => undefined)
    if (!hasAll()) throw new Error(`"${action}" should give ${expected.join(' and ')}, but gave:\n${found()}`)
  }

  /** Begins an action. Returns a function that gives its text so far. */
  async #textOf(action: string): Promise<() => string> {
    if (action === 'prints') return () => this.printed
    if (action === 'exits') return () => String(this.#child.exitCode)
    if (action === 'stream') return () => this.#streaming?.text ?? 'no open stream'
    const answer = await this.#request(action)
    if (answer.text.includes('content-type: text/event-stream')) this.#streaming = answer
    return () => answer.text
  }

  async #request(action: string): Promise<Answer> {
    const parsed = /^([A-Z]+) (?::(\d+))?(\/\S*)(?: \(([^)]*)\))?(?: (.*))?$/.exec(action)
    if (parsed === null) throw new Error(`"${action}" is not METHOD /path (Header: value) body`)
    const [, method = '', shownPort, path = '', headers = '', body] = parsed
    const port = shownPort === undefined ? [...this.#ports.values()][0] : this.#ports.get(shownPort)
    if (port === undefined) throw new Error(`the program does not listen on ${shownPort ?? 'a port from 3000 to 3009'}`)
    const aborter = new AbortController()
    const response = await this.#fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      signal: aborter.signal,
      headers: {
        ...(method === 'GET' && { Accept: 'text/event-stream' }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...Object.fromEntries(headers.split(';').flatMap(parseHeader)),
      },
      ...(body !== undefined && { body }),
    })
    const answer = new Answer(response, aborter)
    this.#answers.push(answer)
    return answer
  }

  /** Tries until the program listens. */
  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const deadline = performance.now() + TIMEOUT
    for (;;) {
      try {
        return await fetch(url, init)
      } catch (error) {
        const { code } = (error as { cause?: { code?: string } }).cause ?? {}
        const isOver = this.#child.exitCode !== null || performance.now() > deadline
        if (code !== 'ECONNREFUSED' || isOver) throw error
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    }
  }

  async end(): Promise<void> {
    for (const { aborter } of this.#answers) aborter.abort()
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

function parseHeader(header: string): [string, string][] {
  const [name = '', ...value] = header.split(':')
  return name.trim() === '' ? [] : [[name.trim(), value.join(':').trim()]]
}

/** The program as JavaScript, together with this package's source. Other packages are imported from node_modules. */
async function bundle(code: string, language: string): Promise<string> {
  const result = await build({
    stdin: { contents: code, resolveDir: root, loader: language === 'tsx' ? 'tsx' : 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    jsx: 'automatic',
    // Where the inspector finds its page.
    define: { 'import.meta.dirname': JSON.stringify(join(root, 'src/inspector')) },
    alias: {
      'express-sse-channels/client/shared': join(root, 'src/client/shared/index.ts'),
      'express-sse-channels/client': join(root, 'src/client/index.ts'),
      'express-sse-channels/inspector': join(root, 'src/inspector/index.ts'),
      'express-sse-channels/redis': join(root, 'src/redis/index.ts'),
      'express-sse-channels/store-contract': join(root, 'src/store-contract/index.ts'),
      'express-sse-channels/testing': join(root, 'src/testing/index.ts'),
      'express-sse-channels': join(root, 'src/index.ts'),
    },
    logLevel: 'silent',
  })
  return result.outputFiles[0]?.text ?? ''
}
