// Fills in where the repository is: `node scripts/repository.mjs https://github.com/acme/express-sse-channels`.
// `--check` fails while that is not known. It runs before each publish.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** Stands in package.json until the address is known. */
const PLACEHOLDER = 'https://github.com/OWNER/express-sse-channels'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false }, directory: { type: 'string', default: '.' } },
})
const path = (name) => `${values.directory}/${name}`
const manifest = readFileSync(path('package.json'), 'utf8')

if (values.check) {
  if (manifest.includes(PLACEHOLDER))
    fail(`package.json still has ${PLACEHOLDER}: fill it in with node scripts/repository.mjs <address>`)
} else {
  const [address = ''] = positionals
  const [, owner, name] = /^https:\/\/github\.com\/([\w.-]+)\/([\w.-]+)$/.exec(address) ?? []
  if (name === undefined) fail(`the address must look like ${PLACEHOLDER}; got "${address}"`)
  writeFileSync(path('package.json'), manifest.replaceAll(PLACEHOLDER, address).replaceAll('OWNER', owner))
  // npm's page shows images of the README only by absolute addresses.
  const readme = readFileSync(path('README.md'), 'utf8')
  const images = `https://raw.githubusercontent.com/${owner}/${name}/main/`
  writeFileSync(path('README.md'), readme.replace(/(!\[[^\]]*\]\()(?!https?:)/g, `$1${images}`))
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
