import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { buildPackage } from '../helpers/built-package.js'

/** The apps are compiled against the published types, not the source, because `stripInternal` changes them. */

const root = join(__dirname, '../..')
const directory = join(__dirname, 'types')
const express4 = 'express4-app.ts'

const built = buildPackage()

/** Compiles as a strict app does: with `skipLibCheck: false`, and without the library of browsers. */
function compile(files: readonly string[]): ts.Program {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    paths: { 'express-sse-channels': [join(built.directory, 'dist/esm/index.d.ts')] },
  }
  return ts.createProgram(files.slice(), options)
}

/** Errors in the apps and in the package's types. Errors in other types are ignored. */
function complaints(program: ts.Program): string[] {
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(directory) || fileName.startsWith(built.directory))
    .filter(({ fileName }) => !fileName.includes('/node_modules/'))
  expect(ours.some(({ fileName }) => fileName.endsWith('dist/esm/index.d.ts'))).toBe(true)
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ]
  return diagnostics.map((diagnostic) => {
    const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? NaN
    return `${diagnostic.file?.fileName}:${line + 1} ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`
  })
}

/** The names of the members of an exported type. */
function members(program: ts.Program, name: string): string[] {
  const checker = program.getTypeChecker()
  const index = program.getSourceFile(join(built.directory, 'dist/esm/index.d.ts'))
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(index!)!)
  const symbol = symbols.find((exported) => exported.name === name)!
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const properties = checker.getDeclaredTypeOfSymbol(target).getProperties()
  return properties.map((property) => property.name).filter((property) => !property.includes('#'))
}

describe('the published types', () => {
  it('accept correct code for Express 5, Connect and http, and reject errors', () => {
    const files = readdirSync(directory).filter((file) => file !== express4)
    expect(files.length).toBeGreaterThanOrEqual(4)
    const program = compile(files.map((file) => join(directory, file)))
    expect(complaints(program)).toEqual([])

    expect(members(program, 'ChannelRegistry').sort()).toEqual(['channel', 'close', 'drain', 'has', 'names', 'stats'])
    expect(members(program, 'Channel').sort()).toEqual(['latest', 'name', 'publish', 'subscribers'])
    expect(members(program, 'Connection').sort()).toEqual([
      'close',
      'closed',
      'comment',
      'lastEventId',
      'on',
      'open',
      'registry',
      'send',
      'sendAll',
      'signal',
      'subscribe',
    ])
  })

  it('fit an app for Express 4', () => {
    const program = compile([join(directory, express4)])
    const loaded = program.getSourceFiles().map(({ fileName }) => fileName)
    expect(loaded.some((file) => file.includes('/@types/express4/'))).toBe(true)
    expect(loaded.some((file) => file.includes('/@types/express/'))).toBe(false)
    expect(complaints(program)).toEqual([])
  })
})
