// The package as one file, whole and broken, for programs that load it by its path.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'

export function bundlePackage(outfile: string): void {
  const entryPoints = [join(__dirname, '../../src/index.ts')]
  buildSync({ entryPoints, bundle: true, platform: 'node', format: 'cjs', outfile })
}

/** A module of the bundled package with a `publish` that does something else; `count` is how often it has been called. */
export function brokenPackage(bundle: string, publishInstead: string): string {
  return `
    import { sse as whole } from ${JSON.stringify(pathToFileURL(bundle).href)}
    export function sse(options) {
      const live = whole(options)
      const channel = live.channel.bind(live)
      let count = 0
      live.channel = (name) => ({
        publish(message) {
          const publish = (each) => channel(name).publish(each)
          count += 1
          return ${publishInstead}
        },
      })
      return live
    }`
}
