// Doc comments of the public API: examples compile, and nothing that users see lacks a comment.
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { complaints, createProgram, strictApp } from '../helpers/compiler.js'

const root = join(__dirname, '../..')
const src = join(root, 'src')
const entries = [
  'index',
  'client/index',
  'client/shared/index',
  'inspector/index',
  'redis/index',
  'store-contract/index',
  'testing/index',
].map((name) => join(src, `${name}.ts`))
const sources = ts.sys.readDirectory(src, ['.ts'])

/** Each example as a file beside its source. Lines before the code are empty, so that complaints name the real line. */
const examples = new Map(sources.flatMap(examplesIn))

const options: ts.CompilerOptions = {
  ...strictApp,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  allowJs: true,
  checkJs: true,
  paths: {
    'express-sse-channels': [join(src, 'index.ts')],
    'express-sse-channels/*': [join(src, '*/index.ts')],
  },
}
const program = createProgram([...entries, ...examples.keys()], options, examples)
const checker = program.getTypeChecker()
const FUNCTION_OR_CLASS = ts.SymbolFlags.Function | ts.SymbolFlags.Class
const exported = entries.flatMap((entry) => {
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
  return checker.getExportsOfModule(module).map(withoutAlias)
})

const classes = [...new Set(exported.map(classOf).filter((symbol) => symbol !== undefined))]

function examplesIn(path: string): [path: string, code: string][] {
  const text = readFileSync(path, 'utf8')
  const fences = text.matchAll(/^ *\* ```([tj]s)\n(.*?)^ *\* ```$/gms)
  return Array.from(fences, ({ 1: language = '', 2: block = '', index }) => {
    const lines = text.slice(0, index).split('\n').length
    return [`${path}.line-${lines}.${language}`, '\n'.repeat(lines) + block.replace(/^ *\* ?/gm, '')]
  })
}

function withoutAlias(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** The class or interface that a name stands for; undefined for other names. */
function classOf(symbol: ts.Symbol): ts.Symbol | undefined {
  const named = symbol.flags & ts.SymbolFlags.TypeAlias ? checker.getDeclaredTypeOfSymbol(symbol).getSymbol() : symbol
  return named && named.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface) ? named : undefined
}

/** The members of a class or interface that this package declares, without private ones. */
function membersOf(owner: ts.Symbol): ts.Symbol[] {
  const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(owner))
  return members.filter((member) => !member.name.includes('#') && placeOf(member) !== undefined)
}

/** The interfaces that a class implements. */
function interfacesOf({ declarations = [] }: ts.Symbol): ts.Symbol[] {
  const clauses = declarations.filter(ts.isClassDeclaration).flatMap(({ heritageClauses = [] }) => heritageClauses)
  const implemented = clauses.filter(({ token }) => token === ts.SyntaxKind.ImplementsKeyword)
  return implemented.flatMap(({ types }) => types.map((type) => checker.getTypeAtLocation(type).symbol))
}

/** File and line of a declaration in `src`; undefined for other declarations. */
function placeOf({ declarations = [] }: ts.Symbol): string | undefined {
  const declaration = declarations.find((each) => sources.includes(each.getSourceFile().fileName))
  if (declaration === undefined) return undefined
  const file = declaration.getSourceFile()
  const { line } = file.getLineAndCharacterOfPosition(declaration.getStart())
  return `${relative(root, file.fileName)}:${line + 1}`
}

/** The symbols that lack something, each with its place. */
function lacking(what: string, symbols: readonly ts.Symbol[], has: (symbol: ts.Symbol) => boolean): string[] {
  return symbols.filter((symbol) => !has(symbol)).map((symbol) => `${placeOf(symbol)} ${symbol.name} has no ${what}`)
}

function hasComment(symbol: ts.Symbol): boolean {
  return symbol.getDocumentationComment(checker).length > 0
}

function tagOf(symbol: ts.Symbol, tag: string): string | undefined {
  const found = symbol.getJsDocTags(checker).find(({ name }) => name === tag)
  return found && ts.displayPartsToString(found.text)
}

function exampleOf(symbol: ts.Symbol): string | undefined {
  return /```[tj]s\n(.*)```/s.exec(tagOf(symbol, 'example') ?? '')?.[1]
}

/**
 * Whether an example shows a method: its own, or one of its class that calls it. An interface is used or implemented as a
 * whole, so its own example serves all of its methods, in classes that implement it too.
 */
function isShown(method: ts.Symbol, owner: ts.Symbol): boolean {
  if (exampleOf(method) !== undefined) return true
  if (owner.flags & ts.SymbolFlags.Interface) return exampleOf(owner) !== undefined
  const examplesOfClass = [owner, ...membersOf(owner)].map(exampleOf).join('\n')
  if (new RegExp(`\\.${method.name}\\(`).test(examplesOfClass)) return true
  return interfacesOf(owner).some((each) => each.members?.has(method.escapedName) && exampleOf(each) !== undefined)
}

describe('examples in doc comments', () => {
  it('are marked as ts or js', () => {
    const fences = sources.flatMap((path) => readFileSync(path, 'utf8').match(/^ *\* ```/gm) ?? [])
    expect(fences).toHaveLength(2 * examples.size)
    expect(examples.size).toBeGreaterThan(25)
  })

  it('compile as they stand in a strict app', () => {
    const files = Array.from(examples.keys(), (path) => program.getSourceFile(path))
    const problems = complaints(program, files)
    expect(problems.map((problem) => problem.replace(`${root}/`, '').replace(/\.line-\d+\.[tj]s:/, ':'))).toEqual([])
  })

  it('exist for every exported function and class', () => {
    const callable = [...exported, ...classes].filter(({ flags }) => flags & FUNCTION_OR_CLASS)
    expect(callable.length).toBeGreaterThan(8)
    expect(lacking('@example', callable, (symbol) => exampleOf(symbol) !== undefined)).toEqual([])
  })

  it('exist for every public method, or one in its class that calls it', () => {
    const without = classes.flatMap((owner) => {
      const methods = membersOf(owner).filter(({ flags }) => flags & ts.SymbolFlags.Method)
      return lacking('@example', methods, (method) => isShown(method, owner))
    })
    expect(without).toEqual([])
  })
})

describe('doc comments', () => {
  it('say what every exported name means', () => {
    expect(lacking('comment', exported, hasComment)).toEqual([])
  })

  it('say what every public member and option means', () => {
    const members = classes.flatMap(membersOf)
    expect(members.length).toBeGreaterThan(150)
    expect(lacking('comment', members, hasComment)).toEqual([])
  })

  it('name the default of every option that may be left out', () => {
    const options = classes.filter(({ name }) => name.endsWith('Options')).flatMap(membersOf)
    const optional = options.filter(({ flags }) => flags & ts.SymbolFlags.Optional)
    expect(optional.length).toBeGreaterThan(30)
    expect(lacking('@default', optional, (option) => tagOf(option, 'default') !== undefined)).toEqual([])
  })
})
