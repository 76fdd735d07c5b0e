/**
 * Lua scripts that write. Redis does not undo the writes of a script that fails. So each script first checks permissions,
 * the types of keys and the form of the state. Other failures (no memory, a read-only replica, a full disk) happen at the
 * first write.
 */
import { MAX_MS, MAX_SEQ } from '../log/position.js'
import { VERSION } from './entry.js'
import { script } from './script.js'

/**
 * `refused` returns an error for the first command that the Redis user may not run.
 *
 * `add` appends an entry by `append`, which calls XADD. XADD continues from the newest ID. If another program has added
 * an entry whose ID is too large for event IDs, `add` removes that entry first.
 */
const PRELUDE = `
local function refused(commands)
  if not redis.acl_check_cmd then return nil end
  for _, command in ipairs(commands) do
    if not redis.acl_check_cmd(unpack(command)) then
      return redis.error_reply('NOPERM the user may not run ' .. command[1] .. ' on ' .. command[2])
    end
  end
end

local function fits(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms) <= ${MAX_MS} and tonumber(seq) <= ${MAX_SEQ}
end

local function removeUnfit(last)
  local top = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
  while top and not fits(top[1]) do
    redis.call('XDEL', KEYS[1], top[1])
    top = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
  end
  if not pcall(redis.call, 'XSETID', KEYS[1], last) then redis.call('XSETID', KEYS[1], top[1]) end
end

local function add(last, append)
  local isAdded, id = pcall(append)
  if isAdded and fits(id) then return id end
  local problem = type(id) == 'table' and id.err or id
  if not isAdded and not string.find(problem, 'exhausted', 1, true) then return nil, redis.error_reply(problem) end
  removeUnfit(last)
  return append()
end
`

/** The most incomplete channels that are remembered. Beyond that, the empty name stands for all channels. */
const MAX_INCOMPLETE = 10_000

/**
 * Publishes a batch of entries. Returns the epoch and the IDs of the entries, separated by spaces.
 *
 * KEYS: events, state, receipt, latest, order, incomplete.
 * ARGV: maxLength; maxKeys; the epoch to begin if there is none; the number of the batch; the milliseconds to remember it;
 * `1` if any event has a key, or nothing; `1` if any entry forgets a key, or nothing. Then for each entry: `set` for an event
 * with a key, `forget`, `disconnect`, or nothing; channel; body; key or owner; own ID, origin or nothing.
 *
 * A batch that was published before gets the same reply again. A batch that arrives after a newer one is not published.
 */
export const PUBLISH = script(`${PRELUDE}
local receipt = redis.call('GET', KEYS[3])
if receipt then
  local number, reply = string.match(receipt, '^(%d+) (.*)$')
  if number == ARGV[4] then return reply end
  if tonumber(number) > tonumber(ARGV[4]) then return '' end
end
local denied = refused({
  { 'SET', KEYS[2], 'v' }, { 'SET', KEYS[3], 'v' }, { 'XDEL', KEYS[1], '0-1' }, { 'XSETID', KEYS[1], '0-1' },
  { 'XREVRANGE', KEYS[1], '+', '-' }
})
if denied then return denied end
local state = redis.call('GET', KEYS[2])
local epoch, last = ARGV[3], '0-0'
if state then epoch, last = string.match(state, '^(%w+) (%d+-%d+)$') end
if not epoch then return redis.error_reply('ERR the key ' .. KEYS[2] .. ' was not written by this package') end
if ARGV[6] ~= '' then
  local keys = redis.call('HLEN', KEYS[4])
  redis.call('ZCARD', KEYS[5])
  redis.call('ZCARD', KEYS[6])
  denied = refused({ { 'HSET', KEYS[4], 'f', 'v' }, { 'ZADD', KEYS[5], '0', 'm' } })
  if not denied and keys + (#ARGV - 7) / 5 > tonumber(ARGV[2]) then
    denied = refused({
      { 'HDEL', KEYS[4], 'f' }, { 'ZPOPMIN', KEYS[5] }, { 'ZADD', KEYS[6], '0', 'm' }, { 'ZPOPMIN', KEYS[6] }
    })
  end
  if denied then return denied end
end
if ARGV[7] ~= '' then
  redis.call('HLEN', KEYS[4])
  redis.call('ZCARD', KEYS[5])
  denied = refused({ { 'HDEL', KEYS[4], 'f' }, { 'ZREM', KEYS[5], 'm' } })
  if denied then return denied end
end

-- A score is a double: it holds milliseconds and ten bits of the sequence number.
local function scoreOf(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return string.format('%.4f', ms + math.min(seq, 1023) / 1024)
end

local function evict(score)
  local field = redis.call('ZPOPMIN', KEYS[5])[1]
  if not field then return false end
  local length, rest = string.match(field, '^(%d+):(.*)$')
  if redis.call('HDEL', KEYS[4], field) == 0 or not length then return true end
  redis.call('ZADD', KEYS[6], score, string.sub(rest, 1, tonumber(length)))
  if redis.call('ZCARD', KEYS[6]) > ${MAX_INCOMPLETE} then
    redis.call('ZADD', KEYS[6], '+inf', '')
    redis.call('ZPOPMIN', KEYS[6])
  end
  return true
end

local action, channel, body, key, own
local function xadd(...)
  return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'v', '${VERSION}', 'p', last, ...)
end

local function append()
  if action == 'forget' then
    return xadd('t', action, 'c', channel, 'k', key)
  elseif action == 'disconnect' then
    return xadd('t', action, 'o', key, 'n', own)
  elseif action == '' and own == '' then
    return xadd('c', channel, 'b', body)
  elseif own == '' then
    return xadd('c', channel, 'b', body, 'k', key)
  elseif action == '' then
    return xadd('c', channel, 'b', body, 'i', own)
  end
  return xadd('c', channel, 'b', body, 'k', key, 'i', own)
end

local replies = { epoch }
for at = 8, #ARGV, 5 do
  action, channel, body, key, own = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  local id, problem
  if at == 8 then id, problem = add(last, append) else id = append() end
  if problem then return problem end
  local field = #channel .. ':' .. channel .. key
  if action == 'forget' then
    redis.call('HDEL', KEYS[4], field)
    redis.call('ZREM', KEYS[5], field)
  elseif action == 'set' then
    local score = scoreOf(id)
    local isNew = redis.call('HSET', KEYS[4], field, id .. '\\n' .. own .. '\\n' .. body)
    redis.call('ZADD', KEYS[5], score, field)
    if isNew == 1 then
      while redis.call('HLEN', KEYS[4]) > tonumber(ARGV[2]) and evict(score) do end
    end
  end
  last = id
  replies[#replies + 1] = id
end
local reply = table.concat(replies, ' ')
redis.call('SET', KEYS[2], epoch .. ' ' .. last)
redis.call('SET', KEYS[3], ARGV[4] .. ' ' .. reply, 'PX', ARGV[5])
return reply`)

/**
 * Returns the state. Begins an epoch if there is none.
 *
 * KEYS: state. ARGV: the epoch to begin.
 */
export const OPEN = script(`
redis.call('SET', KEYS[1], ARGV[1] .. ' 0-0', 'NX')
return redis.call('GET', KEYS[1])`)

/**
 * Begins a new epoch because published events are lost, unless another process has done so. Adds an entry, so that other
 * processes notice the loss.
 *
 * KEYS: events, state. ARGV: maxLength, the epoch that has ended, the new one.
 */
export const BREAK = script(`${PRELUDE}
local epoch, last = string.match(redis.call('GET', KEYS[2]) or '', '^(%S+) (%S+)$')
if epoch ~= ARGV[2] then return 0 end
local denied = refused({ { 'XADD', KEYS[1], '*', 'f', 'v' }, { 'SET', KEYS[2], 'v' } })
if denied then return denied end
local id, problem = add(last, function()
  return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'v', '${VERSION}', 'p', last, 'e', ARGV[3])
end)
if problem then return problem end
redis.call('SET', KEYS[2], ARGV[3] .. ' ' .. id)
return 1`)
