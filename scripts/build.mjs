// Bundles src for publishing. The server is CommonJS with ES module wrappers: an app that both imports and requires the
// package gets one copy, so that `instanceof SseError` holds. The client is built in both dialects, because bundlers for
// browsers need ES modules.
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'tsdown'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({ options: { outDir: { type: 'string', default: join(root, 'dist') } } })
const { outDir } = values

const server = {
  index: 'src/index.ts',
  inspector: 'src/inspector/index.ts',
  redis: 'src/redis/index.ts',
  'store-contract': 'src/store-contract/index.ts',
  testing: 'src/testing/index.ts',
}
const client = { client: 'src/client/index.ts', 'client-shared': 'src/client/shared/index.ts' }

const common = {
  config: false,
  cwd: root,
  outDir,
  tsconfig: 'tsconfig.build.json',
  target: 'es2022',
  sourcemap: false,
  clean: false,
  logLevel: 'error',
  inputOptions: { checks: { pluginTimings: false } },
  outputOptions: (options, _format, { cjsDts: isTypes }) => ({
    ...options,
    // The types keep the doc comments, which editors show. In the code, comments would only make the package larger.
    comments: isTypes || { annotation: true, legal: true, jsdoc: false },
    ...(!isTypes && { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } }),
  }),
}

rmSync(outDir, { recursive: true, force: true })
const [bundles] = await Promise.all([
  build({ ...common, entry: server, format: 'cjs', platform: 'node', dts: true }),
  // Without the groups, for whose types there would be no file.
  build({
    ...common,
    entry: client,
    format: ['esm', 'cjs'],
    platform: 'node',
    dts: true,
    outputOptions: (...options) => ({ ...common.outputOptions(...options), codeSplitting: true }),
  }),
  // The command uses the client as any app does, so that there is one copy of it.
  build({
    ...common,
    entry: { cli: 'src/cli/index.ts' },
    format: 'esm',
    platform: 'node',
    dts: false,
    deps: { neverBundle: [/^express-sse-channels/] },
  }),
  // In one file each, for pages without a bundler.
  ...Object.entries({ browser: client.client, shared: 'src/client/shared/single-file.ts' }).map(([name, file]) =>
    build({
      ...common,
      entry: { [name]: file },
      outDir: join(outDir, 'client'),
      format: 'esm',
      platform: 'browser',
      minify: true,
      dts: false,
      deps: { alwaysBundle: [/./] },
    }),
  ),
])

// The inspector reads these at run time. They are modules for browsers as they are.
cpSync(join(root, 'src/inspector/inspector-page'), join(outDir, 'inspector-page'), { recursive: true })

for (const { isEntry, name, fileName, exports } of bundles.flatMap(({ chunks }) => chunks)) {
  if (!isEntry || !fileName.endsWith('.cjs')) continue
  writeFileSync(join(outDir, `${name}.mjs`), `export { ${exports.join(', ')} } from './${fileName}'\n`)
  writeFileSync(join(outDir, `${name}.d.mts`), `export * from './${fileName}'\n`)
}
console.log(`${readdirSync(outDir, { recursive: true }).length} files in ${outDir}`)
