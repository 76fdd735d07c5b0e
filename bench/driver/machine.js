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
    node: process.versions.node,
    pinned,
    load: loadavg()[0],
  }
}

function isVirtual() {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8').includes(' hypervisor')
  } catch {
    return false // no such file outside Linux
  }
}
