import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(__dirname, '../..')
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sse-repository-'))
  for (const file of ['package.json', 'README.md']) copyFileSync(join(root, file), join(directory, file))
})
afterEach(() => rmSync(directory, { recursive: true }))

const run = (...args: string[]) => {
  const script = join(root, 'scripts/repository.mjs')
  return spawnSync(process.execPath, [script, '--directory', directory, ...args], { encoding: 'utf8' })
}
const read = (file: string) => readFileSync(join(directory, file), 'utf8')

describe('the address of the repository', () => {
  it('is filled in everywhere, images of the README included', () => {
    expect(run('https://github.com/acme/express-sse-channels').stderr).toBe('')
    expect(read('package.json')).toContain('git+https://github.com/acme/express-sse-channels.git')
    expect(read('package.json')).not.toContain('OWNER')
    const images = Array.from(read('README.md').matchAll(/!\[[^\]]*\]\(([^)]+)\)/g), ([, address]) => address)
    expect(images.length).toBeGreaterThan(0)
    for (const image of images) expect(image).toMatch(/^https:\/\/raw\.githubusercontent\.com\/acme\//)
    expect(run('--check').status).toBe(0)
  })

  it('must be known before a publish', () => {
    const placeholder = 'https://github.com/OWNER/express-sse-channels'
    const isKnown = !read('package.json').includes(placeholder)
    expect(run('--check').status).toBe(isKnown ? 0 : 1)
    expect(run('github.com/acme/x').stderr).toContain(`must look like ${placeholder}`)
  })
})
