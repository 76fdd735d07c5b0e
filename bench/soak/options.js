import { parseArgs } from 'node:util'

export const usage = `npm run soak -- [options]

  --minutes N      how long clients come and go (default: 2); warming up and winding down come on top
  --clients N      how many there are (default: 2000)
  --seed N         what chance starts from (default: another one each time; it is printed)
  --output PATH    writes PATH.json, PATH.md and PATH.svg; the plot needs \`cd bench && npm ci\`
  --help
`

export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '2' },
      clients: { type: 'string', default: '2000' },
      seed: { type: 'string', default: String(1 + (Date.now() % 1_000_000)) },
      output: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const numbers = Object.fromEntries(['minutes', 'clients', 'seed'].map((name) => [name, Number(values[name])]))
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value > 0)) throw new Error(`--${name} must be a number above 0; got "${values[name]}"`)
  }
  return { ...values, ...numbers }
}
