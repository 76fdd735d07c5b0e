// What the matrices find out, as JSON files from which scripts/ makes the tables in docs/.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Whether the tests run to make tables, on a machine that does nothing else. Only then are times judged. */
export const makesTables = process.env.MATRIX_RESULTS !== undefined

/** Writes a row into the folder that MATRIX_RESULTS names; without that, the tests are all there is. */
export function recordResult(matrix: string, row: string, result: object): void {
  const folder = process.env.MATRIX_RESULTS
  if (folder === undefined) return
  mkdirSync(join(folder, matrix), { recursive: true })
  writeFileSync(join(folder, matrix, `${row}.json`), `${JSON.stringify(result, null, 2)}\n`)
}
