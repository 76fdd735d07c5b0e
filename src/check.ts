/** Checks options. Each option has a form. Errors name the option, its value and the form. */
import { inspect } from 'node:util'
import { SseError } from './errors.js'
import { nearestName } from './nearest-name.js'

/** What a value must be: the words for the error message, and the test. */
export interface Form {
  readonly is: string
  /** Whether undefined is wrong, too. */
  readonly isRequired?: boolean
  test(value: unknown): boolean
  /** What to write instead of this wrong value; undefined if unknown. */
  instead?(value: unknown): string | undefined
}

/** Common mistakes with the options of one function. */
export interface Mistakes {
  /** What to pass instead of this value, if the value is not an options object; undefined if unknown. */
  instead?(options: unknown): string | undefined
  /** Options of another function, each with what to write instead. */
  readonly elsewhere?: Readonly<Record<string, string>>
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const isCount = (value: unknown) => value === Infinity || Number.isSafeInteger(value)

export const count: Form = {
  is: 'a whole number of 1 or more, or Infinity',
  test: (value) => isCount(value) && Number(value) >= 1,
}
export const milliseconds: Form = {
  is: 'a number of milliseconds above 0',
  test: (value) => typeof value === 'number' && value > 0,
}
export const millisecondsUpTo = (most: number): Form => ({
  is: `${milliseconds.is} and at most ${most}, or false`,
  test: (value) => value === false || (milliseconds.test(value) && Number(value) <= most),
})

/**
 * Throws an `SseError` for unknown options and wrong values. `where` names the function that takes the options.
 *
 * @throws `ERR_SSE_OPTION`
 */
export function check(
  where: string,
  options: object,
  forms: Record<string, Form>,
  prefix = '',
  mistakes: Mistakes = {},
): void {
  const instead = mistakes.instead?.(options)
  if (instead !== undefined || !isObject(options)) {
    throw invalid(`${where}: options must be an object; got ${show(options)}${hint(instead)}`)
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(forms, name)) throw unknown(where, name, prefix, Object.keys(forms), mistakes.elsewhere)
  }
  for (const [name, form] of Object.entries(forms)) {
    const value: unknown = Object.hasOwn(options, name) ? Reflect.get(options, name) : undefined
    if (value === undefined && !form.isRequired) continue
    if (!form.test(value)) {
      throw invalid(`${where}: ${prefix}${name} must be ${form.is}; got ${show(value)}${hint(form.instead?.(value))}`)
    }
  }
}

/** Removes options that are undefined, so that they do not override defaults. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

function unknown(
  where: string,
  name: string,
  prefix: string,
  known: readonly string[],
  elsewhere: Mistakes['elsewhere'] = {},
): SseError {
  const near = nearestName(name, known)
  const instead = Object.hasOwn(elsewhere, name) ? elsewhere[name] : near && `did you mean ${prefix}${near}?`
  return invalid(`${where}: there is no option ${prefix}${name}${hint(instead)}; the options are ${known.join(', ')}`)
}

function hint(instead: string | undefined): string {
  return instead === undefined ? '' : `; ${instead}`
}

function show(value: unknown): string {
  return inspect(value, { depth: 0, maxArrayLength: 10, maxStringLength: 100, breakLength: Infinity })
}

export function invalid(message: string): SseError {
  return new SseError('ERR_SSE_OPTION', message)
}
