// Who visits: a session in a cookie, which the page begins and "Sign out everywhere" ends. There is no login to keep short.
import { randomUUID } from 'node:crypto'
import type { CookieOptions, Request, Response } from 'express'
import type { Channel } from 'express-sse-channels'
import type { Events } from './events.js'

const cookie = 'matchday-session'
const cookieOptions: CookieOptions = { httpOnly: true, sameSite: 'lax' }
const sessionId = /^[0-9a-f-]{36}$/

export class Sessions {
  readonly #channel: Channel<Events>

  /** Nobody subscribes to this channel. It tells all processes which sessions have ended, as the session store of an app does. */
  constructor(channel: Channel<Events>) {
    this.#channel = channel
  }

  /** The session of a request, also after its end. It owns the streams that the request opens. */
  of(req: Request): string | undefined {
    const { [cookie]: id } = req.cookies as Record<string, unknown>
    return typeof id === 'string' && sessionId.test(id) ? id : undefined
  }

  hasEnded(id: string | undefined): boolean {
    return id !== undefined && this.#channel.latest(id) !== undefined
  }

  /** Begins a session, unless the request has one that goes on. */
  begin(req: Request, res: Response): void {
    const id = this.of(req)
    if (id === undefined || this.hasEnded(id)) res.cookie(cookie, randomUUID(), cookieOptions)
  }

  async end(id: string): Promise<void> {
    await this.#channel.publish({ event: 'signout', data: {}, key: id })
  }
}
