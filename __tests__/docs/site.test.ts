// Links in the documentation lead somewhere, and its lists of pages are complete.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(__dirname, '../..')

/** What a module prints to stderr. */
async function complaintsOf(...args: string[]): Promise<string> {
  const { stderr } = await run(process.execPath, args, { cwd: root }).catch((error: unknown) => {
    return error as { stderr: string }
  })
  return stderr
}

describe('the documentation', () => {
  it('has no link to a file or heading that does not exist', async () => {
    expect(await complaintsOf('scripts/docs-links.mjs')).toBe('')
  })

  it('has every page in the sidebar', async () => {
    const script = "import('./docs/.vitepress/pages.mjs').then(({ unlisted }) => console.error(unlisted.join()))"
    expect(await complaintsOf('-e', script)).toBe('\n')
  })

  it('has the figures of the newest results of the benchmark', async () => {
    expect(await complaintsOf('scripts/figures.mjs', '--check')).toBe('')
  })

  it('has a current llms.txt', async () => {
    expect(await complaintsOf('scripts/llms.mjs', '--check')).toBe('')
  })
})
