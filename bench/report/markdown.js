import { contestants } from '../contestants/index.js'
import { figures } from './figures.js'
import { ratioToBase, summarise } from './summary.js'

/** One table of all scenarios for a README: the ratio to bare `node:http` and the figure itself, medians. */
export function markdownOf({ results, versions }) {
  const ids = Object.keys(versions)
  const head = ['#', 'scenario', ...ids.map((id) => contestants[id].label)]
  const rows = results.flatMap(({ letter, title, headline, cases }) =>
    cases.map(({ name, samples }) => {
      const what = [title, name].filter(Boolean).join(': ')
      return [letter, `${what}; ${figures[headline].label}`, ...ids.map((id) => cellOf(samples, id, headline))]
    }),
  )
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

function cellOf(samples, id, headline) {
  const summary = samples[id] && summarise(samples[id]).figures[headline]
  if (!summary) return ''
  const ratio = ratioToBase(samples, id, headline)
  const figure = figures[headline].format(summary.median)
  return ratio ? `${ratio.median.toFixed(2)} (${figure})` : figure
}
