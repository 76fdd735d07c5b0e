// Resolves the URL of a stream as EventSource does. Only http and https are allowed: EventSource fails with most other
// schemes, and streams from data: and blob: cannot resume.

/** @throws a `SyntaxError` DOMException for a URL that is not http or https */
export function resolve(url: string | URL): string {
  const { document, location } = globalThis as {
    document?: { baseURI?: string } | undefined
    location?: { href?: string } | undefined
  }
  try {
    const { href } = new URL(url, document?.baseURI ?? location?.href)
    if (/^https?:/.test(href)) return href
  } catch {
    // Throws below, with the same error as for other schemes.
  }
  throw new DOMException(`the URL of a stream must be http or https; got ${String(url)}`, 'SyntaxError')
}
