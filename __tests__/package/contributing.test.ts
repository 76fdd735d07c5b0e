import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(__dirname, '../..')
const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')

/** Texts in backticks. */
const names = new Set(
  Array.from(text.replace(/^ *```.*?^ *```/gms, '').matchAll(/`([^`\n]+)`/g), ([, name = '']) => name),
)

describe('CONTRIBUTING.md', () => {
  it('names only files of the repository that exist', () => {
    const paths = [...names].filter((name) => /^(src|scripts|__tests__)\/[\w./-]+$/.test(name))
    expect(paths.length).toBeGreaterThan(30)
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('names only members that the file beside them has', () => {
    const pairs = Array.from(text.matchAll(/`([#\w.]+)` in\s+`(src\/[\w/-]+\.ts)`/g), ([, member = '', path = '']) => ({
      member,
      path,
    }))
    expect(pairs.length).toBeGreaterThan(10)
    const isMissing = ({ member, path }: { member: string; path: string }) =>
      !readFileSync(join(root, path), 'utf8').includes(member.split('.').at(-1) ?? member)
    expect(pairs.filter(isMissing)).toEqual([])
  })

  it.each(['delivery', 'http', 'inspector', 'log', 'redis'])('names every file of src/%s', (folder) => {
    const entries = readdirSync(join(root, 'src', folder))
    const files = entries.flatMap((file) => (file.endsWith('.ts') ? file.slice(0, -3) : []))
    const row = text.split('\n').filter((line) => line.startsWith(`| \`${folder}/\`:`))
    const listed = row.flatMap((line) => Array.from(line.matchAll(/`([\w-]+)`/g), ([, name]) => name))
    // An index only exports names.
    expect(listed.sort()).toEqual(files.filter((file) => file !== 'index').sort())
  })
})
