// Who visits: a session in a cookie, which the page begins and "Sign out everywhere" ends. There is no login to keep short.
import { randomUUID } from 'node:crypto'
import type { CookieOptions, Request, Response } from 'express'

const cookie = 'matchday-session'
const cookieOptions: CookieOptions = { httpOnly: true, sameSite: 'lax' }
const sessionId = /^[0-9a-f-]{36}$/

export class Sessions {
  /** In the memory of this process. An app with several processes keeps its sessions where all can read them. */
  readonly #ended = new Set<string>()

  /** The session of a request, also after its end. It owns the streams that the request opens. */
  of(req: Request): string | undefined {
    const { [cookie]: id } = req.cookies as Record<string, unknown>
    return typeof id === 'string' && sessionId.test(id) ? id : undefined
  }

  hasEnded(id: string | undefined): boolean {
    return id !== undefined && this.#ended.has(id)
  }

  /** Begins a session, unless the request has one that goes on. */
  begin(req: Request, res: Response): void {
    const id = this.of(req)
    if (id === undefined || this.hasEnded(id)) res.cookie(cookie, randomUUID(), cookieOptions)
  }

  end(id: string): void {
    this.#ended.add(id)
  }
}
