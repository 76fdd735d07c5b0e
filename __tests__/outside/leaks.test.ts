import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const MIB = 1024 * 1024

/** Runs the probe in a child process with its own heap. */
async function probe<T>(what: string, count: number): Promise<T> {
  const args = ['--expose-gc', '--import', 'tsx', join(__dirname, '../helpers', 'leak-probe.ts'), what, `${count}`]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 170_000 })
  expect(stderr.replace(/.*npm warn.*\n/g, '')).toBe('')
  return JSON.parse(stdout) as T
}

it('20,000 connects and disconnects leave no listener, timer, channel or memory behind', async () => {
  const result = await probe<Record<string, unknown> & { grown: number; before: string[]; after: string[] }>(
    'connections',
    20_000,
  )
  expect(result).toMatchObject({ connections: 0, stalled: 0, left: 22_000 })
  // The history of the one channel that is published to remains.
  expect(result).toMatchObject({ channels: 1, events: 1000 })
  expect(result.after).toEqual(result.before)
  expect(result.grown).toBeLessThan(3 * MIB)
}, 180_000)

it('1,000,000 channel names, each used once, do not grow the heap', async () => {
  const result = await probe<Record<'grown' | 'names' | 'bytes' | 'published', number> & { reports: string[] }>(
    'names',
    1_000_000,
  )
  expect(result.published).toBe(1_020_000)
  // Evicted latest events are reported once.
  expect(result.reports).toEqual(['ERR_SSE_LIMIT'])
  expect(result.bytes).toBeLessThanOrEqual(MIB)
  expect(result.names).toBeLessThan(5000)
  expect(result.grown).toBeLessThan(3 * MIB)
}, 180_000)
