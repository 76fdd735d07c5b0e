// The titles of all tests are short enough to read in a report.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { memoryStore } from '../../src/index.js'
import { storeContract } from '../../src/store-contract/index.js'

const MAX_LENGTH = 90

const folder = join(__dirname, '..')
const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))

/** The literal titles of `it` and `test`, `it.each` included. Of a template, only its fixed parts. */
function titlesIn(text: string): string[] {
  const source = ts.createSourceFile('a.ts', text, ts.ScriptTarget.ES2022)
  const titles: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) titles.push(...titleOf(node.arguments[0]))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return titles
}

/** Whether a function is `it`, `test`, or made of one of them, such as `it.skip` and `it.each(rows)`. */
function isTest(callee: ts.Expression): boolean {
  if (ts.isIdentifier(callee)) return callee.text === 'it' || callee.text === 'test'
  if (ts.isTaggedTemplateExpression(callee)) return isTest(callee.tag)
  return (ts.isPropertyAccessExpression(callee) || ts.isCallExpression(callee)) && isTest(callee.expression)
}

function titleOf(argument: ts.Expression | undefined): string[] {
  if (argument === undefined) return []
  if (ts.isStringLiteralLike(argument)) return [argument.text]
  if (!ts.isTemplateExpression(argument)) return []
  return [argument.head.text + argument.templateSpans.map(({ literal }) => literal.text).join('')]
}

const tooLong = (titles: readonly string[]) => titles.filter(({ length }) => length > MAX_LENGTH)

describe('the title of a test', () => {
  it('has at most 90 characters', () => {
    const titles = paths.map((path) => titlesIn(readFileSync(join(folder, path), 'utf8')))
    expect(titles.flat().length).toBeGreaterThan(800)
    expect(paths.flatMap((path, i) => tooLong(titles[i] ?? []).map((title) => `${path}: ${title}`))).toEqual([])
  })

  it('has at most 90 characters in the contract of stores', () => {
    const contract = storeContract(() => ({ open: memoryStore }), { shared: true })
    expect(contract.length).toBeGreaterThan(10)
    expect(tooLong(contract.map(({ name }) => name))).toEqual([])
  })

  it.each([
    ['it', "it('TITLE', () => {})"],
    ['test with a time-out', "describe('a', () => { test(\n'TITLE', run, 1000) })"],
    ['it.skip', 'it.skip("TITLE", run)'],
    ['it.each', "it.each([['row']])('TITLE', run)"],
    ['it.each with a table', 'it.each`a\n${1}`("TITLE", run)'],
    ['a template', 'it(`TITLE${name}`, run)'],
  ])('is found in %s', (_name, code) => {
    const title = 'x'.repeat(MAX_LENGTH + 1)
    expect(tooLong(titlesIn(code.replace('TITLE', title)))).toEqual([title])
    expect(tooLong(titlesIn(code.replace('TITLE', title.slice(1))))).toEqual([])
  })
})
