/** User and system time of this process, microseconds. */
export function ownCpu() {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  return userCPUTime + systemCPUTime
}
