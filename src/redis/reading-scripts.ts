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
 * Returns fields of the hash with their values, newest first, and the rank of the next field, or -1 at the end.
 *
 * KEYS: latest, order. ARGV: the rank to begin with, counted from the newest, or nothing; the time in milliseconds before
 * which the events were published; bytes; the most fields.
 */
export const LATEST = script(`
local page, bytes, count = {}, 0, 1
local maxBytes, maxFields = tonumber(ARGV[3]), tonumber(ARGV[4])
local rank = tonumber(ARGV[1]) or redis.call('ZCOUNT', KEYS[2], ARGV[2], '+inf')
while bytes < maxBytes and #page < maxFields * 2 do
  local fields = redis.call('ZREVRANGE', KEYS[2], rank, rank + count - 1)
  if #fields == 0 then return { -1, page } end
  for i, value in ipairs(redis.call('HMGET', KEYS[1], unpack(fields))) do
    if value then
      page[#page + 1] = fields[i]
      page[#page + 1] = value
      bytes = bytes + #fields[i] + #value
    end
  end
  rank = rank + #fields
  if #page > 0 then
    count = math.max(1, math.min(count * 2, 128, math.floor((maxBytes - bytes) / (2 * bytes / #page + 1))))
  end
end
return { rank, page }`)

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
    { incomplete, 'ZADD', incomplete, '0', 'm' }, { incomplete, 'ZCARD', incomplete },
    { incomplete, 'ZPOPMIN', incomplete }
  })
}`)
