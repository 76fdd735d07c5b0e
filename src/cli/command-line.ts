// Reads the command line. Mistakes name what is nearest to them.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { nearestName } from '../nearest-name.js'

/** What to follow, and what to print. */
export interface TailCommand {
  readonly name: 'tail'
  readonly url: string
  readonly headers: [name: string, value: string][]
  /** Empty for all types. */
  readonly types: readonly string[]
  readonly lastEventId: string | undefined
  readonly json: boolean
}

export type Command = TailCommand | { readonly name: 'help' | 'version' }

/** The command line is wrong. */
export class UsageError extends Error {}

const options = {
  header: { type: 'string', short: 'H', multiple: true },
  event: { type: 'string', multiple: true },
  'last-event-id': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const satisfies ParseArgsConfig['options']

/** @throws `UsageError` */
export function commandLine(args: string[]): Command {
  const { values, positionals } = parse(args)
  if (values.help) return { name: 'help' }
  if (values.version) return { name: 'version' }
  const [command, url, ...more] = positionals
  if (command !== 'tail') throw new UsageError(noCommand(command))
  if (url === undefined) throw new UsageError('tail: the URL is missing')
  if (more.length > 0) throw new UsageError(`tail: there is one URL; got ${more.join(' ')} too`)
  return {
    name: 'tail',
    url: checkUrl(url),
    headers: (values.header ?? []).map(headerOf),
    types: values.event ?? [],
    lastEventId: values['last-event-id'],
    json: values.json ?? false,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(unknownOption(args) ?? (error as Error).message)
  }
}

/** Names an option that does not exist; undefined if all exist. */
function unknownOption(args: string[]): string | undefined {
  const { tokens } = parseArgs({ args, options, allowPositionals: true, strict: false, tokens: true })
  const names = Object.keys(options)
  for (const token of tokens) {
    if (token.kind !== 'option' || names.includes(token.name)) continue
    const near = nearestName(token.name, names)
    return `there is no option ${token.rawName}${near === undefined ? '' : `; did you mean --${near}?`}`
  }
  return undefined
}

function noCommand(command: string | undefined): string {
  if (command === undefined) return 'the command is missing; write: express-sse-channels tail <URL>'
  if (/^https?:/.test(command)) return `did you mean: express-sse-channels tail ${command}?`
  const hint = nearestName(command, ['tail']) === undefined ? 'write tail' : 'did you mean tail?'
  return `there is no command ${command}; ${hint}`
}

function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return text
  const [, scheme, rest = text] = /^(\w+):\/\/(.*)$/.exec(text) ?? []
  const near = (scheme && nearestName(scheme, ['http', 'https'])) ?? 'http'
  throw new UsageError(`tail: the URL must begin with http:// or https://; did you mean ${near}://${rest}?`)
}

function headerOf(text: string): [name: string, value: string] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? []
  if (name === undefined || value === undefined) {
    throw new UsageError(`tail: a header must be 'Name: value'; got ${text}`)
  }
  return [name, value]
}
