/** Where the time of a phase went, from the CPU profiles that `--profile` wrote. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contestants } from '../contestants/index.js'

const NAME = /^(?<letter>\w)-(?<number>\d+)-(?<id>.+)-\d+\.cpuprofile$/

/** The functions of Node's C++ that call the kernel to write. */
const WRITES = new Set(['writeBuffer', 'writev', 'writeUtf8String', 'writeLatin1String', 'writeAsciiString'])

const GROUPS = ['writes to sockets', 'Node', 'modules', 'the package', 'contestant', 'garbage collection', 'other']

/** A line for each contestant and case: how much of the time that was not idle went to each group, over all rounds. */
export function profileLines(folder) {
  const byPhase = new Map()
  for (const name of readdirSync(folder).sort()) {
    const { letter, number, id } = NAME.exec(name)?.groups ?? {}
    if (!(id in contestants)) continue
    const phase = `(${letter}) case ${Number(number) + 1}  ${contestants[id].label}`
    if (!byPhase.has(phase)) byPhase.set(phase, Object.fromEntries(GROUPS.map((group) => [group, 0])))
    addTimes(byPhase.get(phase), JSON.parse(readFileSync(join(folder, name), 'utf8')))
  }
  return [...byPhase].map(([phase, times]) => `  ${phase}: ${sharesOf(times)}`)
}

/** Adds the microseconds of a profile to those of each group. */
function addTimes(times, { nodes, samples, timeDeltas }) {
  const groups = groupsOf(nodes)
  samples.forEach((id, i) => {
    const group = groups.get(id)
    if (group !== undefined) times[group] += timeDeltas[i]
  })
}

/** The group of each node; undefined for idle time. What is built into V8 counts for its caller. */
function groupsOf(nodes) {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const groups = new Map()
  const visit = (node, callers) => {
    const group = groupOf(node.callFrame) ?? callers
    groups.set(node.id, node.callFrame.functionName === '(idle)' ? undefined : group)
    for (const id of node.children ?? []) visit(byId.get(id), group)
  }
  visit(nodes[0], 'other')
  return groups
}

function groupOf({ functionName, url }) {
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (url === '') return WRITES.has(functionName) ? 'writes to sockets' : undefined
  if (url.startsWith('node:')) return 'Node'
  if (url.includes('/node_modules/')) return 'modules'
  return url.includes('/dist/') ? 'the package' : 'contestant'
}

function sharesOf(times) {
  const total = Object.values(times).reduce((all, each) => all + each, 0)
  return GROUPS.map((group) => `${group} ${Math.round((times[group] / total) * 100)} %`).join(', ')
}
