// What can be told of a source file without running it: what it imports, how long it is, what state it keeps.
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

export class SourceFile {
  /** Within the folder, without the extension: `log`, `client/link`. */
  readonly name: string
  readonly #source: ts.SourceFile

  constructor(folder: string, path: string) {
    this.name = path.replace(/\.ts$/, '')
    this.#source = ts.createSourceFile(path, readFileSync(join(folder, path), 'utf8'), ts.ScriptTarget.ES2022, true)
  }

  /** Everything it imports or exports from, types included, as written. */
  get specifiers(): string[] {
    return ts.preProcessFile(this.#source.text).importedFiles.map(({ fileName }) => fileName)
  }

  /** The names of the files of the same folder that it imports. */
  get imports(): string[] {
    const relative = this.specifiers.filter((specifier) => specifier.startsWith('.'))
    return relative.map((specifier) => posix.join(posix.dirname(this.name), specifier).replace(/\.js$/, ''))
  }

  /** What it imports from elsewhere: packages, and Node's own modules with `node:`. */
  get externals(): string[] {
    return this.specifiers.filter((specifier) => !specifier.startsWith('.'))
  }

  /** Lines that hold more than blanks and comments. */
  get linesOfCode(): number {
    const lines = new Set<number>()
    const visit = (node: ts.Node): void => {
      const children = node.getChildren(this.#source).filter((child) => !ts.isJSDoc(child))
      if (children.length === 0 && node.getWidth(this.#source) > 0) {
        const [first, last] = [node.getStart(this.#source), node.getEnd()].map((at) => this.#lineOf(at))
        for (let line = first ?? 0; line <= (last ?? 0); line++) lines.add(line)
      }
      children.forEach(visit)
    }
    visit(this.#source)
    return lines.size
  }

  /** Declarations of the module that hold what may change: variables, and collections that are filled later. */
  get mutableState(): string[] {
    return this.#source.statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => {
      const isConst = (declarationList.flags & ts.NodeFlags.Const) !== 0
      const mutable = declarationList.declarations.filter(
        ({ initializer }) => !isConst || isEmptyCollection(initializer),
      )
      return mutable.map(({ name }) => name.getText(this.#source))
    })
  }

  #lineOf(position: number): number {
    return this.#source.getLineAndCharacterOfPosition(position).line
  }
}

/** `new Map()` and the like, and `[]` and `{}`: of no use but to be filled. */
function isEmptyCollection(value: ts.Expression | undefined): boolean {
  if (value === undefined) return false
  if (ts.isArrayLiteralExpression(value)) return value.elements.length === 0
  if (ts.isObjectLiteralExpression(value)) return value.properties.length === 0
  const isCollection = ts.isNewExpression(value) && /^(Weak)?(Map|Set)$/.test(value.expression.getText())
  return isCollection && (value.arguments?.length ?? 0) === 0
}

export function readSourceFiles(folder: string): SourceFile[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'))
  return paths
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => new SourceFile(folder, path))
}
