// A name for each connection, for the page to say which one to end. It cannot be guessed.
import { randomUUID } from 'node:crypto'

export class ConnectionIds {
  readonly #ids = new WeakMap<object, string>()

  of(connection: object): string {
    const id = this.#ids.get(connection) ?? randomUUID()
    this.#ids.set(connection, id)
    return id
  }

  find<Connection extends object>(connections: Iterable<Connection>, id: string): Connection | undefined {
    for (const connection of connections) if (this.#ids.get(connection) === id) return connection
    return undefined
  }
}
