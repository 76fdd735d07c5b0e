// The URL of a stream, resolved as EventSource does. EventSource fails for good with most schemes other than http and https,
// and browsers disagree on data: and blob:. Neither can go on after its end.

/** @throws a `SyntaxError` DOMException for anything but an http or https URL */
export function resolve(url: string | URL): string {
  const { document, location } = globalThis as {
    document?: { baseURI?: string } | undefined
    location?: { href?: string } | undefined
  }
  try {
    const { href } = new URL(url, document?.baseURI ?? location?.href)
    if (/^https?:/.test(href)) return href
  } catch {
    // The same error as for other schemes.
  }
  throw new DOMException(`not an http(s) URL: ${String(url)}`, 'SyntaxError')
}
