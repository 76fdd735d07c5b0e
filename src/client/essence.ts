// Reads the media type of a response. Handles several Content-Type headers, or a list in one, as fetch does.
// @see https://fetch.spec.whatwg.org/#concept-header-extract-mime-type

const mediaType = /^[\w!#-'*+.^`|~-]+\/[\w!#-'*+.^`|~-]+$/

/** Returns the last valid media type of the list, in lower case and without parameters. */
export function essence(contentType: string | null): string | undefined {
  return (
    contentType
      // Removes quoted strings, which may contain commas and semicolons.
      ?.replace(/"(\\.|[^"\\])*("|$)/g, '"')
      .split(',')
      .map((type) => type.replace(/;.*/, '').trim().toLowerCase())
      .filter((type) => type !== '*/*' && mediaType.test(type))
      .at(-1)
  )
}
