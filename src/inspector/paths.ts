/** Which part of the inspector a request asks for, below any mount path. Pure. */

/** A request that Express or Connect has routed: `originalUrl` still has the mount path, and `url` lacks it. */
export interface RoutedRequest {
  readonly url?: string | undefined
  readonly originalUrl?: string | undefined
}

/** Splits the path of a URL from its query, which begins with `?` or is empty. */
function split(url: string): [path: string, query: string] {
  const end = url.indexOf('?')
  return end < 0 ? [url, ''] : [url.slice(0, end), url.slice(end)]
}

/** The path below the mount path, such as `/` and `/inspector.css`. */
export function pathOf({ url = '/' }: RoutedRequest): string {
  return split(url)[0] || '/'
}

/** The parameters of the query. Their values are well-formed Unicode, whatever was sent. */
export function queryOf({ url = '/' }: RoutedRequest): URLSearchParams {
  return new URLSearchParams(split(url)[1])
}

/**
 * Returns the requested address with a slash at its end, as a relative address; undefined if the slash is there already. The
 * page needs the slash, because its files have relative paths. `./` comes first, so that no address leads to another host.
 */
export function withSlash(req: RoutedRequest): string | undefined {
  const [path, query] = split(req.originalUrl ?? req.url ?? '/')
  if (path === '' || path.endsWith('/') || pathOf(req) !== '/') return undefined
  return `./${path.slice(path.lastIndexOf('/') + 1)}/${query}`
}
