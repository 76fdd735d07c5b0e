// Compiles src twice, to ESM and to CJS, so that each kind of consumer gets code and types of its own dialect; and the
// client once more into one file, for pages without a bundler.
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'

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

buildSync({
  entryPoints: [join(root, 'src/client/index.ts')],
  outfile: join(outDir, 'client/browser.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  sourcemap: true,
})
