// What clients may send: each function returns the checked input or throws a 400 that says what to send instead.
import createError from 'http-errors'
import type { ReplayState, SalesState, Side } from './events.js'
import { speedLimits } from './replay.js'

/** How many ms an update window may last. */
const windowLimits = { min: 250, max: 10_000 }

export function readScore(body: unknown): Record<Side, number> {
  const { home, away } = fields(body)
  if (!isCount(home, 99) || !isCount(away, 99)) {
    throw createError(400, 'send {"home": 2, "away": 1}: two whole numbers from 0 to 99')
  }
  return { home, away }
}

export function readStock(body: unknown): number {
  const { stock } = fields(body)
  if (!isCount(stock, 9_999)) throw createError(400, 'send {"stock": 3}: a whole number from 0 to 9999')
  return stock
}

export function readReplay(body: unknown): Partial<ReplayState> {
  const { speed, running } = fields(body)
  const { min, max } = speedLimits
  const speedIsGood = speed === undefined || (isCount(speed, max) && speed >= min)
  const runningIsGood = running === undefined || typeof running === 'boolean'
  if (!speedIsGood || !runningIsGood || (speed === undefined && running === undefined)) {
    throw createError(400, `send {"speed": 500} (ms per match minute, ${min} to ${max}), {"running": false} or both`)
  }
  return { ...(speed !== undefined && { speed }), ...(running !== undefined && { running }) }
}

export function readSales(body: unknown): SalesState {
  const { running } = fields(body)
  if (typeof running !== 'boolean') throw createError(400, 'send {"running": true} or {"running": false}')
  return { running }
}

/** The update window in ms that `?every=2000` asks for; `false` without one. */
export function readWindow(every: unknown): number | false {
  if (every === undefined) return false
  const window = typeof every === 'string' ? Number(every) : NaN
  const { min, max } = windowLimits
  if (window >= min && window <= max) return window
  throw createError(400, `send ?every=2000 (ms from ${min} to ${max}), or leave it out`)
}

function fields(body: unknown): Record<string, unknown> {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  if (!isObject) throw createError(400, 'send a JSON object with Content-Type: application/json')
  return body as Record<string, unknown>
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
}
