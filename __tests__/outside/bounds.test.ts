import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The memory bounds in docs/security.md, each filled with items that have much overhead. */

const MIB = 1024 * 1024
const probe = ['--expose-gc', '--import', 'tsx', join(__dirname, '../helpers', 'bounds-probe.ts')]
const fills = JSON.parse(execFileSync(process.execPath, probe, { encoding: 'utf8' })) as string[]

const BOUNDS: Record<string, number> = {
  // The channel itself counts in addition to its history.
  'history of one channel by bytes': 4 * MIB + 2048,
  'history of one channel by events': 1.5 * MIB,
  'latest events of one channel': 5 * MIB,
}

describe('the heap stays within the bound and the counted bytes with', () => {
  it.each(fills)('%s', async (name) => {
    const { stdout } = await promisify(execFile)(process.execPath, [...probe, name], { timeout: 60_000 })
    const { held, bytes } = JSON.parse(stdout) as { held: number; bytes: number }
    expect(bytes).toBeLessThanOrEqual(BOUNDS[name] ?? 16 * MIB)
    expect(bytes).toBeGreaterThan(0.8 * MIB)
    // A tenth more for free memory of the allocator.
    expect(held).toBeLessThanOrEqual(1.1 * bytes + 0.25 * MIB)
  })
})
