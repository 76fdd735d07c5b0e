// Which media type a response has: several Content-Type headers, or one with a list, count as fetch counts them.
// @see https://fetch.spec.whatwg.org/#concept-header-extract-mime-type

const mediaType = /^[\w!#-'*+.^`|~-]+\/[\w!#-'*+.^`|~-]+$/

/** The last media type of the list that is one, in lower case and without parameters. */
export function essence(contentType: string | null): string | undefined {
  return (
    contentType
      // A comma or semicolon within quotes separates nothing.
      ?.replace(/"(\\.|[^"\\])*("|$)/g, '"')
      .split(',')
      .map((type) => type.replace(/;.*/, '').trim().toLowerCase())
      .filter((type) => type !== '*/*' && mediaType.test(type))
      .at(-1)
  )
}
