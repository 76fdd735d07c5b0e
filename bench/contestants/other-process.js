/** CPU and memory of a contestant that is a process of its own, from `/proc`. */
import { readFileSync } from 'node:fs'

const MICROSECONDS_PER_TICK = 10_000 // of /proc/<pid>/stat, whose clock has 100 ticks a second

/** A source for the meter. The process must have one thread. */
export function meterOf(pid) {
  return { cpu: () => exactCpu(pid) ?? cpuInTicks(pid), rss: () => rssOf(pid) }
}

/** Microseconds; undefined where the kernel keeps no such statistics. */
function exactCpu(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000
  } catch {
    return undefined
  }
}

function cpuInTicks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK
}

function rssOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}
