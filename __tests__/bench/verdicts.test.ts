// Ratios, verdicts and tables of the benchmark, from samples that are made up.
import { benchModule, printedBy } from '../helpers/bench-module.js'

type Samples = Record<string, Record<string, number | string>[]>

/** What an expression gives, with the results of a run at hand. */
function evaluate(expression: string, results: unknown): unknown {
  const code = `
    import { judge, targetLines } from '${benchModule('report/verdicts')}'
    import { ratioTo } from '${benchModule('report/summary')}'
    import { tableOf } from '${benchModule('report/table')}'
    import { markdownOf } from '${benchModule('report/markdown')}'
    const results = ${JSON.stringify(results)}
    console.log(JSON.stringify(${expression} ?? null))`
  return printedBy(code)
}

function scenario(letter: string, ...cases: Samples[]) {
  return {
    letter,
    title: 'title',
    headline: 'cpuPerEvent',
    columns: ['cpuPerEvent', 'clientCpuPerEvent'],
    leftOut: {},
    cases: cases.map((samples, i) => ({ name: `case ${i}`, samples })),
  }
}

const cpu = (...values: number[]) => values.map((cpuPerEvent) => ({ cpuPerEvent, clientCpuPerEvent: 0.5 }))
const p99 = (...values: number[]) => values.map((value) => ({ p99: value }))

describe('a verdict', () => {
  const verdict = (ours: number[], bare: number[]) =>
    evaluate('judge(results).map(({ what, holds, resolved }) => [what, holds, resolved])', [
      scenario('a', { ours: cpu(...ours), bare: cpu(...bare) }),
    ])

  it('holds or misses a target if all rounds agree', () => {
    expect(verdict([7, 7.2], [10, 10])).toEqual([['CPU per event / bare', true, true]])
    expect(verdict([8, 8.2], [10, 10])).toEqual([['CPU per event / bare', false, true]])
  })

  it('is not resolved if rounds differ', () => {
    expect(verdict([7, 7, 8], [10, 10, 10])).toEqual([['CPU per event / bare', true, false]])
    const lines = evaluate('targetLines(judge(results))', [scenario('a', { ours: cpu(7, 8), bare: cpu(10, 10) })])
    expect(lines).toEqual([expect.stringMatching(/0\.750 \(0\.700 – 0\.800\) +at most 0\.75 +not resolved$/)])
  })

  it('compares each round with itself, however much slower than another it was', () => {
    expect(verdict([7, 70], [10, 100])).toEqual([['CPU per event / bare', true, true]])
  })

  it('leaves failed rounds out, and targets that were not measured', () => {
    const samples = { ours: [{ failed: 'lost' }, ...cpu(7)], bare: cpu(1, 10) }
    expect(evaluate('judge(results).map(({ measured }) => measured)', [scenario('a', samples)])).toEqual([0.7])
    expect(evaluate('judge(results)', [scenario('a', { ours: cpu(7) })])).toEqual([])
  })

  it('judges how much more one case takes than another', () => {
    const samples = [p99(5, 5), p99(14, 16), p99(20, 20), p99(29, 21)].map((ours) => ({ ours }))
    const judged = evaluate('judge(results).map(({ measured, low, high }) => [measured, low, high])', [
      scenario('p', ...samples),
    ])
    expect(judged).toEqual([
      [10, 9, 11],
      [5, 1, 9],
    ])
  })
})

describe('the tables', () => {
  const results = [
    scenario('a', { ours: cpu(6, 8), 'ours-before': cpu(12, 16), bare: cpu(10, 10), send: cpu(5, 5) }),
    scenario('o', { ours: [{ failed: 'a text that is much longer than any figure in this table' }], bare: cpu(1) }),
  ]

  it('show ratios to bare, the floor and the commit before, with their spread', () => {
    const table = evaluate('tableOf(results[0])', results) as string
    const [, head, ours] = table.split('\n').map((line) => line.trim().split(/ {2,}/))
    expect(head).toEqual(['CPU/event', 'spread', '/ bare', '/ floor', '/ before', 'clients'])
    expect(ours).toEqual([
      ...['case 0', 'express-sse-channels', '7.00 µs', '6.00 µs – 8.00 µs'],
      ...['0.70 (0.60 – 0.80)', '1.40 (1.20 – 1.60)', '0.50', '0.50 µs'],
    ])
  })

  it('keep their columns narrow beside a failure', () => {
    const table = evaluate('tableOf(results[1])', results) as string
    expect(table).toContain('failed: a text that is much longer')
    expect(table.split('\n')[1]?.length).toBeLessThan(90)
  })

  it('give the ratios to bare and to the floor in Markdown', () => {
    const versions = { ours: '', bare: '', send: '' }
    const markdown = evaluate(`markdownOf({ results, versions: ${JSON.stringify(versions)} })`, results)
    expect(markdown).toContain('| 0.70 (0.60 – 0.80); 1.40 ×; 7.00 µs | 1.00; 2.00 ×; 10.00 µs |')
  })
})
