// Where the time of a CPU profile went, from one that is made up.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterTest } from '../helpers/after-test.js'
import { benchModule, printedBy } from '../helpers/bench-module.js'

/** `id: [functionName, url, microseconds, …children]`, the root first. */
type Nodes = Record<number, readonly [string, string, number, ...number[]]>

function profileOf(nodes: Nodes) {
  const entries = Object.entries(nodes)
  return {
    nodes: entries.map(([id, [functionName, url, , ...children]]) => ({
      id: Number(id),
      callFrame: { functionName, url },
      children,
    })),
    samples: entries.map(([id]) => Number(id)),
    timeDeltas: entries.map(([, [, , time]]) => time),
  }
}

/** The lines for profiles with these names. */
function linesOf(profiles: Record<string, object>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'profile-'))
  afterTest(() => rmSync(folder, { recursive: true }))
  for (const [name, profile] of Object.entries(profiles)) writeFileSync(join(folder, name), JSON.stringify(profile))
  const code = `
    import { profileLines } from '${benchModule('report/profile')}'
    console.log(JSON.stringify(profileLines(${JSON.stringify(folder)})))`
  return printedBy(code) as string[]
}

const usual = profileOf({
  1: ['(root)', '', 0, 2, 3, 4, 9],
  2: ['(idle)', '', 1000],
  3: ['(garbage collector)', '', 10],
  4: ['processImmediate', 'node:internal/timers', 20, 5],
  5: ['serve', 'file:///there/dist/index.cjs', 20, 6, 8],
  6: ['write', 'node:internal/streams/writable', 10, 7],
  7: ['writeBuffer', '', 30],
  8: ['stringify', '', 5],
  9: ['next', 'file:///there/node_modules/router/index.js', 5],
})

describe('the profile of a phase', () => {
  it('has the share of each group in the time that was not idle', () => {
    expect(linesOf({ 'b-0-ours-0.cpuprofile': usual })).toEqual([
      '  (b) case 1  express-sse-channels: writes to sockets 30 %, Node 30 %, modules 5 %, the package 25 %, contestant 0 %, garbage collection 10 %, other 0 %',
    ])
  })

  it('is one line for all rounds of a case and contestant, and leaves out other files', () => {
    const lines = linesOf({
      'b-0-ours-0.cpuprofile': usual,
      'b-0-ours-1.cpuprofile': usual,
      'b-1-ours-0.cpuprofile': usual,
      'b-0-better-sse-0.cpuprofile': usual,
      'notes.txt': {},
    })
    expect(lines.map((line) => line.split(':')[0]?.trim())).toEqual([
      '(b) case 1  better-sse',
      '(b) case 1  express-sse-channels',
      '(b) case 2  express-sse-channels',
    ])
  })
})
