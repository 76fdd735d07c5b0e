// The client for the page, as one file without imports. An app that has this package installed serves the same file from
// node_modules/express-sse-channels/dist/client/browser.js; here it is made from the source, so that nothing has to be built
// first.
import { join } from 'node:path'
import { buildSync } from 'esbuild'

export function bundleClient(directory: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(directory, '../src/client/index.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  })
  return outputFiles[0]?.text ?? ''
}
