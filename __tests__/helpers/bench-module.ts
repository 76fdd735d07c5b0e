// Code with modules of the benchmark, which are ES modules, while Jest runs CommonJS.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The URL of a module of the benchmark, such as `report/table`, to import it from. */
export function benchModule(name: string): string {
  return pathToFileURL(join(__dirname, `../../bench/${name}.js`)).href
}

/** Runs a module in a process of its own. Returns the value that it prints as JSON. */
export function printedBy(code: string): unknown {
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' }))
}
