const MIB = 2 ** 20
const count = (number) => number.toLocaleString('en')

/** What happened in a soak, and what became of the server, as a table. */
export function markdownOf({ when, machine, minutes, clients, seed, samples, before, after, lost, complaints }) {
  const { processor, cores, system, node } = machine
  const rows = [
    ['Clients, seed', `${count(clients)}, ${seed}`],
    ['Connections ended, by reason', countsOf(after.closed)],
    ['Streams that came with a last event ID', countsOf(after.resumes)],
    ['Gaps announced', `${countsOf(after.gaps)}; ${count(lost)} events lost to them`],
    ['Events published', count(after.published)],
    ['Events delivered', `${count(after.delivered)}; ${count(after.conflated)} more were conflated`],
    ['Complaints', complaints.length === 0 ? 'none' : complaints[0].complaint],
    ['Heap without clients, before and after', pairOf(before, after, 'heapUsed', inMiB)],
    ['Descriptors without clients, before and after', pairOf(before, after, 'descriptors', count)],
    ['Resident memory, at most', inMiB(Math.max(...samples.map(({ rss }) => rss)))],
    ['Event-loop delay, 99th percentile of a second', spreadOf(samples.map(({ loopDelay }) => loopDelay.p99))],
  ]
  const head = `A soak of ${minutes} minutes on ${when.slice(0, 10)}: ${processor}, ${cores} cores; ${system}; Node ${node}.`
  return `${[head, '', '| | |', '| --- | --- |', ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n')}\n`
}

function countsOf(counts) {
  return Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([name, number]) => `${count(number)} ${name}`)
    .join(', ')
}

function pairOf(before, after, name, format) {
  return [before, after].map((sample) => (sample[name] === undefined ? 'unknown' : format(sample[name]))).join(', ')
}

function inMiB(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`
}

function spreadOf(delays) {
  const sorted = delays.toSorted((a, b) => a - b)
  const [median, most] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  return `${median.toFixed(0)} ms in the middle, ${most.toFixed(0)} ms at most`
}
