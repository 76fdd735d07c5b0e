// A page in views/, whose comments, such as <!-- games -->, stand for what the server renders.
import { readFileSync } from 'node:fs'
import type { Html } from './html.js'

export class View<Part extends string> {
  readonly #text: string

  constructor(file: string) {
    this.#text = readFileSync(file, 'utf8')
  }

  render(parts: Record<Part, Html>): string {
    return this.#text.replace(/<!-- ([a-z]+) -->/g, (comment, name: Part) =>
      Object.hasOwn(parts, name) ? parts[name].text : comment,
    )
  }
}
