// Checks every relative link in the documentation: the file exists, and the page has a heading for the anchor. Prints
// what is broken, and then exits with 1.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import GithubSlugger from 'github-slugger'

const root = fileURLToPath(new URL('..', import.meta.url))
const folders = ['.', 'docs', 'bench', 'bench/results']
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, folder, name)),
)

const LINK = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s*(\S+)|(?:href|src)="([^"]+)"/gm
const HEADING = /^#{1,6} +(.*?)(?: +#+)?$/gm

/** The text without code, line by line, so that positions in it stay true. */
function withoutCode(text) {
  const blank = (code) => code.replace(/[^\n]/g, ' ')
  return text.replace(/^( *)(```+|~~~+).*?^\1\2 *$/gms, blank).replace(/(`+)(?!`)[^`].*?\1(?!`)/g, blank)
}

const anchors = new Map()

function anchorsOf(file) {
  if (!anchors.has(file)) {
    const slugger = new GithubSlugger()
    const text = readFileSync(file, 'utf8').replace(/^( *)(```+|~~~+).*?^\1\2 *$/gms, '')
    const headings = Array.from(text.matchAll(HEADING), ([, heading]) => slugger.slug(plain(heading)))
    const ids = Array.from(text.matchAll(/ (?:id|name)="([^"]+)"/g), ([, id]) => id)
    anchors.set(file, new Set([...headings, ...ids]))
  }
  return anchors.get(file)
}

/** A heading as it is shown. */
function plain(heading) {
  return heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')
}

function problemWith(link, file) {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined // other sites are not asked
  const [path, anchor] = link.split('#')
  const target = path === '' ? file : resolve(dirname(file), decodeURI(path))
  if (!existsSync(target)) return 'no such file'
  if (anchor === undefined || !target.endsWith('.md')) return undefined
  return anchorsOf(target).has(decodeURIComponent(anchor)) ? undefined : 'no such heading'
}

for (const file of files) {
  const text = withoutCode(readFileSync(file, 'utf8'))
  for (const { index, 1: inline, 2: reference, 3: attribute } of text.matchAll(LINK)) {
    const link = inline ?? reference ?? attribute
    const problem = problemWith(link, file)
    if (problem === undefined) continue
    console.error(`${relative(root, file)}:${text.slice(0, index).split('\n').length} ${link}: ${problem}`)
    process.exitCode = 1
  }
}
