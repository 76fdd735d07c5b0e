import { contestants } from '../contestants/index.js'
import { figures } from './figures.js'
import { ratioTo, summarise } from './summary.js'

const LEGEND = `Ratio to bare \`node:http\`, ratio to the C loop of \`send\` where it ran (×), and the figure itself: medians of the rounds.
In brackets: least and greatest ratio to bare.`

/** One table of all scenarios for a README. */
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
  return `${LEGEND}\n\n${lines.join('\n')}\n`
}

function cellOf(samples, id, headline) {
  const summary = samples[id] && summarise(samples[id]).figures[headline]
  if (!summary) return ''
  const bare = ratioTo('bare', samples, id, headline)
  const floor = ratioTo('send', samples, id, headline)
  const spread = id === 'bare' || bare === undefined ? '' : ` (${bare.low.toFixed(2)} – ${bare.high.toFixed(2)})`
  const ratios = [bare && `${bare.median.toFixed(2)}${spread}`, floor && `${floor.median.toFixed(2)} ×`]
  return [...ratios, figures[headline].format(summary.median)].filter(Boolean).join('; ')
}
