// Takes the browser's EventSource and EventStream through outages side by side, and writes what each did into
// docs/client.md: npx tsx scripts/client-outages.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { launchChromium } from '../__tests__/helpers/chromium.js'
import {
  outages,
  runOutage,
  type Course,
  type Courses,
  type OutageOptions,
} from '../__tests__/helpers/client-outages.js'

const options: OutageOptions = {
  outage: 10_000,
  patience: 60_000,
  keepAlive: 15_000,
  retry: 3000,
  follow: ['EventSource', 'EventStream'],
}
const page = new URL('../docs/client.md', import.meta.url)

function told({ back, readyState, gaps, missed, twice }: Course): string {
  const lost = `${missed} events missed${missed && gaps.length ? `, announced by a gap (${gaps.join()})` : ''}`
  const double = twice ? `, ${twice} twice` : ''
  if (back !== undefined) return `back after ${(back / 1000).toFixed(1)} s; ${lost}${double}`
  return readyState === 2 ? 'closed for good' : `not back within ${options.patience / 1000} s`
}

const browser = await launchChromium()
const rows: [string, Courses][] = []
try {
  // Two at a time: more would wait for the processor instead of for the server.
  const names = Object.keys(outages)
  while (names.length > 0) {
    rows.push(
      ...(await Promise.all(
        names.splice(0, 2).map(async (name) => [name, await runOutage(browser, name, options)] as [string, Courses]),
      )),
    )
  }
} finally {
  await browser.close()
}
const table = [
  `| outage of ${options.outage / 1000} s | \`EventSource\` | \`EventStream\` |`,
  '|---|---|---|',
  ...rows.map(([name, { EventSource, EventStream }]) => `| ${name} | ${told(EventSource)} | ${told(EventStream)} |`),
]
const text = readFileSync(page, 'utf8')
const [start, end] = ['<!-- outages -->\n', '\n<!-- /outages -->']
const before = text.slice(0, text.indexOf(start) + start.length)
const after = text.slice(text.indexOf(end))
const filepath = fileURLToPath(page)
const written = `${before}\nChromium ${browser.version()}:\n\n${table.join('\n')}\n${after}`
writeFileSync(page, await format(written, { ...(await resolveConfig(filepath)), filepath }))
console.log(table.join('\n'))
