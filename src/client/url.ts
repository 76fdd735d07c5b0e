// Resolves the URL of a stream as EventSource does, and says which URLs can be streams.

/** @throws a `SyntaxError` DOMException for an invalid URL */
export function resolve(url: string | URL): string {
  const { document, location } = globalThis as {
    document?: { baseURI?: string } | undefined
    location?: { href?: string } | undefined
  }
  try {
    return new URL(url, document?.baseURI ?? location?.href).href
  } catch {
    throw new DOMException(`the URL of a stream must be valid; got ${String(url)}`, 'SyntaxError')
  }
}

/** EventSource fails with most other schemes, and streams from data: and blob: cannot resume. */
export function isHttp(url: string): boolean {
  return /^https?:/.test(url)
}
