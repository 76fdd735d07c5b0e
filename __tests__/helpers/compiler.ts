// Programs of the TypeScript compiler, for tests of types and examples. Programs of one suite share their parsed files,
// because parsing the types of Node and Express takes longer than checking a test's own files.
import { join } from 'node:path'
import ts from 'typescript'

const root = join(__dirname, '../..')

/** What a strict app sets that has no types of browsers. */
export const strictApp: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
}

const parsed = new Map<string, ts.SourceFile | undefined>()

/** Makes a program. Files in `inMemory` (path → text) need not exist on disk. */
export function createProgram(
  files: readonly string[],
  options: ts.CompilerOptions,
  inMemory: ReadonlyMap<string, string> = new Map(),
): ts.Program {
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => inMemory.has(path) || disk.fileExists(path),
    readFile: (path) => inMemory.get(path) ?? disk.readFile(path),
    directoryExists: (path) => isFolderOf(path, inMemory.keys()) || ts.sys.directoryExists(path),
    getSourceFile: (path, language) => {
      const text = inMemory.get(path)
      if (text !== undefined) return ts.createSourceFile(path, text, language)
      if (!parsed.has(path)) parsed.set(path, disk.getSourceFile(path, language))
      return parsed.get(path)
    },
  }
  return ts.createProgram(files, options, host)
}

function isFolderOf(folder: string, files: Iterable<string>): boolean {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`
  return [...files].some((file) => file.startsWith(prefix))
}

/** What the compiler says about some files of a program and about its options, each with file and line. */
export function complaints(program: ts.Program, files: readonly (ts.SourceFile | undefined)[]): string[] {
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ]
  return diagnostics.map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
    return `${file?.fileName ?? 'options'}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}
