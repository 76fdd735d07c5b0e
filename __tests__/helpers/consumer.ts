// Apps that install the packed package, as users do: each kind of Express, module system and language.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(__dirname, '../..')
const tsc = join(root, 'node_modules/typescript/bin/tsc')

export class Consumers {
  #directory = ''
  #tarball = ''

  /** Packs the package. */
  async start(): Promise<void> {
    this.#directory = await realpath(await mkdtemp(join(tmpdir(), 'sse-consumers-')))
    const source = join(this.#directory, 'package')
    await run(process.execPath, [join(root, 'scripts/build.mjs'), '--outDir', join(source, 'dist')])
    for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE']) {
      await copyFile(join(root, file), join(source, file))
    }
    const { stdout } = await run('npm', ['pack', '--json'], { cwd: source })
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
    this.#tarball = join(source, filename)
  }

  get tarball(): string {
    return this.#tarball
  }

  /** Installs the package and others into a folder. npm fails where peer dependencies do not fit. */
  async install(folder: string, ...packages: string[]): Promise<void> {
    await this.write(`${folder}/package.json`, '{ "private": true }')
    const flags = ['--no-audit', '--no-fund', '--prefer-offline']
    await run('npm', ['install', ...flags, this.#tarball, ...packages], { cwd: join(this.#directory, folder) })
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.#directory, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }

  /** Lets a folder import a package that is installed here, such as a test runner. */
  async link(folder: string, name: string): Promise<void> {
    const link = join(this.#directory, folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', name), link, 'junction')
  }

  /** Compiles the TypeScript of a folder as a strict app does that checks the types of its packages too. */
  async compile(folder: string): Promise<void> {
    const options = { strict: true, noImplicitReturns: true, skipLibCheck: false, module: 'NodeNext', target: 'ES2022' }
    const compilerOptions = { ...options, lib: ['ES2023'], types: ['node'] }
    await this.write(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions }))
    const cwd = join(this.#directory, folder)
    await run(process.execPath, [tsc, '-p', '.'], { cwd }).catch((error: unknown) => {
      throw new Error((error as { stdout: string }).stdout, { cause: error })
    })
  }

  /** Runs a program of a folder, and resolves with what it prints. */
  async run(folder: string, command: string, ...args: string[]): Promise<string> {
    const { stdout } = await run(command, args, { cwd: join(this.#directory, folder), timeout: 30_000 })
    return stdout.trim()
  }

  async read(path: string): Promise<string> {
    return readFile(join(this.#directory, path), 'utf8')
  }

  async remove(): Promise<void> {
    if (this.#directory !== '') await rm(this.#directory, { recursive: true, force: true })
  }
}
