// Compiles src twice, to ESM and to CJS, so that each kind of consumer gets code and types of its own dialect.
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

const { values } = parseArgs({ options: { outDir: { type: 'string', default: join(root, 'dist') } } })
const outDir = values.outDir

function compile(dialect, ...flags) {
  const dir = join(outDir, dialect)
  const args = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', dir, ...flags]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  return dir
}

rmSync(outDir, { recursive: true, force: true })
compile('esm')
const cjs = compile('cjs', '--module', 'CommonJS', '--moduleResolution', 'Bundler', '--verbatimModuleSyntax', 'false')
writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n')
