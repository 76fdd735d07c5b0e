// The page that lists the open connections of a visitor. It works without JavaScript.
import { join } from 'node:path'
import { html, type Html } from './html.js'
import { View } from './view.js'

export interface ConnectionRow {
  id: string
  openedAt: Date
  channels: string[]
  /** The ID up to which everything has been sent. */
  sentUpTo: string
  unsentBytes: number
}

export class ConnectionsPage {
  readonly #view: View<'connections'>

  constructor(directory: string) {
    this.#view = new View(join(directory, 'views/connections.html'))
  }

  render(rows: ConnectionRow[]): string {
    return this.#view.render({ connections: rows.length > 0 ? html`${rows.map(item)}` : none })
  }

  /** After "Sign out everywhere". */
  renderSignedOut(ended: number): string {
    const streams = ended === 1 ? '1 connection was' : `${ended} connections were`
    return this.#view.render({
      connections: html`<li class="panel" role="status">
        You are signed out: ${streams} ended. Their pages cannot connect again until they are reloaded.
      </li>`,
    })
  }
}

const none = html`<li class="panel">No connection is open. Open <a href="/">the scores</a> in another tab.</li>`

function item({ id, openedAt, channels, sentUpTo, unsentBytes }: ConnectionRow): Html {
  const time = openedAt.toLocaleTimeString('en-GB')
  return html`<li class="panel open-connection">
    <dl>
      ${fact('Opened at', time)} ${fact('Channels', channels.join(', ') || 'none: it is sent a stream of its own')}
      ${fact('Sent up to', sentUpTo || 'nothing yet')} ${fact('Unsent bytes', unsentBytes.toLocaleString('en'))}
    </dl>
    <form method="post" action="/connections/${id}/end">
      <button class="button small" aria-label="End the connection opened at ${time}">End</button>
    </form>
  </li>`
}

function fact(name: string, value: string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`
}
