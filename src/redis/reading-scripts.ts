/** Lua scripts that read pages with a bound on bytes. Redis commands have no such bound. */
import { script } from './script.js'

/**
 * Returns a page of entries, and whether it is the last. A page has at least one entry, and otherwise as many as fit. The
 * script fetches a few entries at a time, by the size of the previous ones.
 *
 * KEYS: events. ARGV: XRANGE or XREVRANGE, where to begin, where to end, bytes, how many entries at most.
 */
export const RANGE = script(`
local page, bytes, from, count = {}, 0, ARGV[2], 1
local maxBytes, maxEntries = tonumber(ARGV[4]), tonumber(ARGV[5])
while true do
  local entries = redis.call(ARGV[1], KEYS[1], from, ARGV[3], 'COUNT', count)
  for _, entry in ipairs(entries) do
    local size = 64
    for _, text in ipairs(entry[2]) do size = size + #text end
    if #page > 0 and (bytes + size > maxBytes or #page >= maxEntries) then return { page, 0 } end
    page[#page + 1] = entry
    bytes = bytes + size
  end
  if #entries < count then return { page, 1 } end
  from = '(' .. entries[#entries][1]
  count = math.max(1, math.min(count * 2, 128, math.floor((maxBytes - bytes) / (bytes / #page))))
end`)

/**
 * Returns fields of the hash with their values, newest first. Then the score and the name of the last field; neither at the
 * end. The next page begins after that field. Ranks would not do: they shift when a key changes or is forgotten. A value is
 * empty if the hash lacks it, because Redis has evicted the hash.
 *
 * KEYS: latest, order. ARGV: the time in milliseconds before which the events were published; bytes; the most fields; `1` to
 * leave out the values, or nothing; the score and the name of the last field of the page before, or nothing.
 */
export const LATEST = script(`
local page, bytes, count = {}, 0, 1
local maxBytes, maxFields = tonumber(ARGV[2]), tonumber(ARGV[3])
local score, last = ARGV[5], ARGV[6]

-- Several fields may have the score of the last one. If that one has changed, all of them come again.
local function rankAfter()
  local rank, ties = redis.call('ZCOUNT', KEYS[2], '(' .. score, '+inf'), redis.call('ZCOUNT', KEYS[2], score, '+inf')
  for from = rank, ties - 1, 128 do
    for i, field in ipairs(redis.call('ZREVRANGE', KEYS[2], from, math.min(from + 127, ties - 1))) do
      if field == last then return from + i end
    end
  end
  return rank
end

local rank = score and rankAfter() or redis.call('ZCOUNT', KEYS[2], ARGV[1], '+inf')
while bytes < maxBytes and #page < maxFields * 2 do
  local found, fields = redis.call('ZREVRANGE', KEYS[2], rank, rank + count - 1, 'WITHSCORES'), {}
  if #found == 0 then return { page } end
  for i = 1, #found, 2 do fields[#fields + 1] = found[i] end
  local values = ARGV[4] == '' and redis.call('HMGET', KEYS[1], unpack(fields))
  for i, field in ipairs(fields) do
    local value = values and values[i] or ''
    page[#page + 1] = field
    page[#page + 1] = value
    bytes = bytes + #field + #value
  end
  rank, last, score = rank + #fields, found[#found - 1], found[#found]
  count = math.max(1, math.min(count * 2, 128, math.floor((maxBytes - bytes) / (2 * bytes / #page + 1))))
end
return { page, score, last }`)

/**
 * Returns the commands that the Redis user may not run, each with its key: first for reading, then for publishing. Empty
 * before Redis 7, which cannot check permissions.
 *
 * KEYS: events, state, latest, order, incomplete, receipt.
 */
export const REFUSED = script(`
local function refused(commands)
  local names = {}
  for _, command in ipairs(commands) do
    if redis.acl_check_cmd and not redis.acl_check_cmd(unpack(command, 2)) then
      names[#names + 1] = command[2] .. ' on ' .. command[1]
    end
  end
  return names
end
local events, state, latest, order, incomplete, receipt = unpack(KEYS)
return {
  refused({
    { state, 'GET', state }, { events, 'XRANGE', events, '-', '+' }, { events, 'XREVRANGE', events, '+', '-' },
    { events, 'XREAD', 'STREAMS', events, '0' }, { latest, 'HMGET', latest, 'f' }, { order, 'ZCOUNT', order, '0', '1' },
    { order, 'ZREVRANGE', order, '0', '1' }, { incomplete, 'ZRANGE', incomplete, '0', '1' }
  }),
  refused({
    { receipt, 'GET', receipt }, { state, 'SET', state, 'v' }, { receipt, 'SET', receipt, 'v' },
    { events, 'XADD', events, '*', 'f', 'v' }, { events, 'XDEL', events, '0-1' }, { events, 'XSETID', events, '0-1' },
    { latest, 'HSET', latest, 'f', 'v' }, { latest, 'HLEN', latest }, { latest, 'HDEL', latest, 'f' },
    { order, 'ZADD', order, '0', 'm' }, { order, 'ZCARD', order }, { order, 'ZPOPMIN', order },
    { order, 'ZREM', order, 'm' },
    { incomplete, 'ZADD', incomplete, '0', 'm' }, { incomplete, 'ZCARD', incomplete },
    { incomplete, 'ZPOPMIN', incomplete }
  })
}`)
