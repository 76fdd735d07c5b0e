/** The Lua scripts, each one step that no other command comes between. */
import { createHash } from 'node:crypto'
import type { Link } from './link.js'

export interface Script {
  readonly source: string
  readonly sha: string
}

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/**
 * Publishes a batch of events. Returns the epoch and their IDs, separated by spaces.
 *
 * KEYS: events, state, receipt, latest, order.
 * ARGV: maxLength, maxKeys, the epoch to begin with where there is none, number of the batch, milliseconds for which it
 * is remembered; then for each event: channel, body, field of its key or nothing, key, own ID or nothing.
 *
 * A batch that was published already, when its answer was lost, is answered as it was then; one that comes late, when a
 * newer one has been published, is not published any more.
 */
export const PUBLISH = script(`
local receipt = redis.call('GET', KEYS[3])
if receipt then
  local number, reply = string.match(receipt, '^(%d+) (.*)$')
  if number == ARGV[4] then return reply end
  if tonumber(number) > tonumber(ARGV[4]) then return '' end
end
local epoch, last = ARGV[3], '0-0'
local state = redis.call('GET', KEYS[2])
if state then epoch, last = string.match(state, '^(%S+) (%S+)$') end
local reply = epoch
for at = 6, #ARGV, 5 do
  local channel, body, field, key, own = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local id
  if field == '' and own == '' then
    id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'p', last, 'c', channel, 'b', body)
  elseif own == '' then
    id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'p', last, 'c', channel, 'b', body, 'k', key)
  elseif field == '' then
    id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'p', last, 'c', channel, 'b', body, 'i', own)
  else
    id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'p', last, 'c', channel, 'b', body, 'k', key, 'i', own)
  end
  if field ~= '' then
    local isNew = redis.call('HSET', KEYS[4], field, id .. '\\n' .. own .. '\\n' .. body)
    redis.call('ZADD', KEYS[5], string.match(id, '^%d+'), field)
    if isNew == 1 and redis.call('HLEN', KEYS[4]) > tonumber(ARGV[2]) then
      redis.call('HDEL', KEYS[4], redis.call('ZPOPMIN', KEYS[5])[1])
    end
  end
  last = id
  reply = reply .. ' ' .. id
end
redis.call('SET', KEYS[2], epoch .. ' ' .. last)
redis.call('SET', KEYS[3], ARGV[4] .. ' ' .. reply, 'PX', ARGV[5])
return reply`)

/**
 * Returns the state, beginning an epoch where there is none.
 *
 * KEYS: state. ARGV: the epoch to begin with.
 */
export const OPEN = script(`
redis.call('SET', KEYS[1], ARGV[1] .. ' 0-0', 'NX')
return redis.call('GET', KEYS[1])`)

/**
 * Begins a new epoch because events that were published are gone, unless somebody has done so. Readers that have not
 * noticed the loss come upon the entry that says so.
 *
 * KEYS: events, state. ARGV: maxLength, the epoch that has ended, the new one.
 */
export const BREAK = script(`
local epoch, last = string.match(redis.call('GET', KEYS[2]) or '', '^(%S+) (%S+)$')
if epoch ~= ARGV[2] then return 0 end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'p', last, 'e', ARGV[3])
redis.call('SET', KEYS[2], ARGV[3] .. ' ' .. id)
return 1`)

/** Runs a script; Redis forgets them when it restarts, and is then given it anew. */
export async function run(
  link: Link,
  { sha, source }: Script,
  keys: readonly [string, ...string[]],
  args: readonly string[],
  timeout: number,
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args]
  try {
    return await link.send(keys[0], ['EVALSHA', sha, ...rest], timeout)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return link.send(keys[0], ['EVAL', source, ...rest], timeout)
  }
}
