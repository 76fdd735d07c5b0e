// The URL of a stream, resolved as EventSource does.

/** @throws a `SyntaxError` DOMException for what is no URL */
export function resolve(url: string | URL): string {
  const { document, location } = globalThis as {
    document?: { baseURI?: string } | undefined
    location?: { href?: string } | undefined
  }
  try {
    return new URL(url, document?.baseURI ?? location?.href).href
  } catch {
    throw new DOMException(`not a URL: ${String(url)}`, 'SyntaxError')
  }
}
