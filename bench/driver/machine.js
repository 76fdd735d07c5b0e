import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { pinned } from './child.js'

/** What figures depend on, written down beside them. */
export function describeMachine() {
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim(),
    cores: processors.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}${isVirtual() ? ', virtual machine' : ''}`,
    congestionControl: read('/proc/sys/net/ipv4/tcp_congestion_control'),
    node: process.versions.node,
    pinned,
    load: loadavg()[0],
  }
}

function isVirtual() {
  return read('/proc/cpuinfo')?.includes(' hypervisor') ?? false
}

/** Undefined where there is no such file, as outside Linux. */
function read(file) {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}
