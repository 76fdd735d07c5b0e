// The package as it is published, built anew into a folder of its own, so that a stale or missing dist is never tested.
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(__dirname, '../..')

export class BuiltPackage {
  /** Holds package.json, dist and node_modules; a file in it imports the package by its name, through `exports`. */
  directory = ''

  async build(): Promise<void> {
    this.directory = await realpath(await mkdtemp(join(tmpdir(), 'express-sse-channels-')))
    await copyFile(join(root, 'package.json'), join(this.directory, 'package.json'))
    await symlink(join(root, 'node_modules'), join(this.directory, 'node_modules'), 'junction')
    const script = join(root, 'scripts/build.mjs')
    await run(process.execPath, [script, '--outDir', join(this.directory, 'dist')]).catch((error: unknown) => {
      // The compiler says on its standard output what is wrong.
      throw new Error(`the package cannot be built:\n${(error as { stdout?: string }).stdout}`, { cause: error })
    })
  }

  /** Runs an ES module within the directory; rejects when it exits with anything but 0. */
  async runModule(code: string): Promise<{ stdout: string; stderr: string }> {
    const file = join(this.directory, 'consumer.mjs')
    await writeFile(file, code)
    return run(process.execPath, [file], { cwd: this.directory })
  }

  async remove(): Promise<void> {
    if (this.directory !== '') await rm(this.directory, { recursive: true, force: true })
  }
}

/** Built before the tests of the suite that calls this, and removed after them. */
export function buildPackage(): BuiltPackage {
  const built = new BuiltPackage()
  beforeAll(() => built.build(), 120_000)
  afterAll(() => built.remove())
  return built
}
