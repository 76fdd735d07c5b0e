// The code blocks of the README and of the pages in docs/, with the comments that say how they are checked.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(__dirname, '../..')

export interface CodeBlock {
  /** `docs/channels.md:12`: the line of the fence. */
  readonly place: string
  /** Number of the fence's line, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** Continues the first block of its page. */
  readonly isFragment: boolean
  /** Declarations of names that the reader has. */
  readonly given: string
  /** Why the compiler does not see the block. */
  readonly unchecked: string | undefined
  /** What a program is asked, one step a line. */
  readonly steps: readonly string[]
  /** Why the program is not run. */
  readonly notRun: string | undefined
}

export interface Page {
  readonly path: string
  readonly text: string
  readonly blocks: readonly CodeBlock[]
}

const FENCE = /^( *)```(\w+)?([^\n`]*)\n(.*?)^\1```$/gms

/** A comment that ends right above the position. */
const above = (name: string) => new RegExp(`<!-- ${name}:?\\s((?:(?!-->).)*)-->\\s*$`, 's')
/** A comment that begins right below the position. */
const below = (name: string) => new RegExp(`^\\s*<!-- ${name}:?\\s((?:(?!-->).)*)-->`, 's')

function blocksIn(path: string, text: string): CodeBlock[] {
  return Array.from(text.matchAll(FENCE), ({ 0: whole, 2: language = '', 3: info = '', 4: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length
    let before = text.slice(0, index)
    const take = (name: string) => {
      const found = above(name).exec(before)
      if (found !== null) before = before.slice(0, found.index)
      return found?.[1]?.trim()
    }
    const after = text.slice(index + whole.length)
    const steps = below('try').exec(after)?.[1] ?? ''
    return {
      place: `${path}:${line}`,
      line,
      language,
      code,
      isFragment: info.trim() === 'fragment',
      given: take('given') ?? '',
      unchecked: take('unchecked'),
      steps: steps.split('\n').flatMap((step) => step.trim() || []),
      notRun: below('not run').exec(after)?.[1]?.trim(),
    }
  })
}

function readPage(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8')
  return { path, text, blocks: blocksIn(path, text) }
}

export const pages = [
  readPage('README.md'),
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => readPage(`docs/${name}`)),
]

export function isCompiled({ language, unchecked }: CodeBlock): boolean {
  return ['ts', 'tsx', 'js'].includes(language) && unchecked === undefined
}
