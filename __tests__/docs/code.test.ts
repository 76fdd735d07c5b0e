// The code in the README and in docs/ compiles strictly, and each page begins with a program that runs.
import { join } from 'node:path'
import ts from 'typescript'
import { complaints, createProgram, strictApp } from '../helpers/compiler.js'
import { isCompiled, pages, type CodeBlock, type Page } from '../helpers/doc-pages.js'

const root = join(__dirname, '../..')

const options: ts.CompilerOptions = {
  ...strictApp,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  jsx: ts.JsxEmit.ReactJSX,
  experimentalDecorators: true,
  noImplicitReturns: true,
  types: ['node', 'jest'],
  paths: {
    'express-sse-channels': [join(root, 'src/index.ts')],
    'express-sse-channels/*': [join(root, 'src/*/index.ts')],
  },
}

const IMPORT = /^import\b[^'"]*['"][^'"]+['"].*\n/gm

/** A block as a file beside its page. Every line keeps its number, so that complaints name the real line. */
function asFile({ place, code, given, isFragment, line }: CodeBlock, first: CodeBlock | undefined): string {
  const declarations = given === '' ? '' : `${given}\n`
  const before = '\n'.repeat(Math.max(line - declarations.split('\n').length, 0)) + declarations
  if (!isFragment) return `${before}\n${code}\nexport {}\n`
  if (first === undefined)
    throw new Error(`${place}: a fragment continues the first block of its page, and there is none`)
  // The fragment gets a scope of its own behind the imports, in front of the first block.
  const imports = (code.match(IMPORT) ?? []).filter((each) => !first.code.includes(each))
  const body = code.replace(IMPORT, (each) => each.replace(/[^\n]/g, ''))
  const scope = `export async function fragment() {\n${body}}\n`
  return `${imports.join('').replace(/\n/g, ';')}${before}${scope}${first.given}\n${first.code}`
}

function filesOf({ blocks }: Page): [path: string, text: string][] {
  const compiled = blocks.filter(isCompiled)
  const first = compiled.find(({ isFragment }) => !isFragment)
  return compiled.map((block) => {
    const isTsx = block.language === 'tsx' || (block.isFragment && first?.language === 'tsx')
    const file = `${block.place.replace(/:\d+$/, '')}.line-${block.line}.${isTsx ? 'tsx' : 'ts'}`
    return [join(root, file), asFile(block, first)]
  })
}

/** Pages that hold tables and facts, and no code to start with. */
const WITHOUT_CODE = [
  'hostile-clients',
  'middlewares',
  'mutation',
  'node-versions',
  'protocol',
  'proxies',
  'scale',
].map((name) => `docs/${name}.md`)

describe('code in the documentation', () => {
  it('compiles strictly', () => {
    const files = new Map(pages.flatMap(filesOf))
    expect(files.size).toBeGreaterThan(10)
    const program = createProgram([...files.keys()], options, files)
    const problems = complaints(
      program,
      Array.from(files.keys(), (path) => program.getSourceFile(path)),
    )
    const shown = problems.map((problem) => problem.replaceAll(`${root}/`, '').replace(/\.line-\d+\.tsx?:/, ':'))
    expect(shown).toEqual([])
  })

  it('says why it is not checked, where it is not', () => {
    const blocks = pages.flatMap((page) => page.blocks)
    const silent = blocks.filter(({ unchecked, notRun }) => unchecked === '' || notRun === '')
    expect(silent.map(({ place }) => place)).toEqual([])
  })

  it('stands at the beginning of each page, and runs', () => {
    const begins = ({ blocks: [first] }: Page) =>
      first !== undefined && isCompiled(first) && (first.steps.length > 0 || first.notRun !== undefined)
    const guides = pages.filter(({ path }) => path !== 'README.md' && !WITHOUT_CODE.includes(path))
    expect(guides.filter((page) => !begins(page)).map(({ path }) => path)).toEqual([])
  })
})
