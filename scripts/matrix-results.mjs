// Runs a test suite and hands back what its tests have written down, row by row; see __tests__/helpers/matrix-results.ts.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'

/** The rows of each matrix that the suite has recorded, by the matrix's name. Exits when a test fails. */
export function runMatrix(suite, matrices) {
  const folder = mkdtempSync(join(tmpdir(), 'matrix-'))
  // A missing program is a failure, not a row less.
  const env = { ...process.env, MATRIX_RESULTS: folder, CI: 'true' }
  const { status } = spawnSync('npx', ['jest', suite], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) process.exit(status ?? 1)
  const results = Object.fromEntries(matrices.map((matrix) => [matrix, readRows(join(folder, matrix))]))
  rmSync(folder, { recursive: true })
  return results
}

export function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return lines.join('\n')
}

export async function writeMarkdown(path, text) {
  const options = await resolveConfig(path)
  writeFileSync(path, await format(text, { ...options, filepath: path }))
}

/** Versions and the machine's Node, so that a reader knows what was looked at. */
export const ranOn = `Node ${process.versions.node}`

function readRows(folder) {
  return readdirSync(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
}
