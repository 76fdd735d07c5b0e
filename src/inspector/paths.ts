/** Which part of the inspector a request asks for, below any mount path. Pure. */

/** What Express and Connect do to a request: they cut the mount path off `url`, and keep it in `originalUrl`. */
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

/** The parameters of the query. They are well-formed Unicode, whatever was sent. */
export function queryOf({ url = '/' }: RoutedRequest): URLSearchParams {
  return new URLSearchParams(split(url)[1])
}

/**
 * The address with a slash at its end, relative to the one that was asked for; undefined if it has one. The page needs the
 * slash, because it names its files by relative paths. `./` comes first, so that no address leads to another host.
 */
export function withSlash(req: RoutedRequest): string | undefined {
  const [path, query] = split(req.originalUrl ?? req.url ?? '/')
  if (path === '' || path.endsWith('/') || pathOf(req) !== '/') return undefined
  return `./${path.slice(path.lastIndexOf('/') + 1)}/${query}`
}
