import fc from 'fast-check'
import { Histogram } from '../../src/metrics/histogram.js'
import { formatMetrics } from '../../src/metrics/prometheus.js'

describe('a histogram', () => {
  it('counts each value in the first bucket whose bound it does not exceed', () => {
    const histogram = new Histogram([1, 10])
    for (const value of [0, 1, 1.5, 10, 10.5, 1000]) histogram.observe(value)
    expect([histogram.counts, histogram.sum]).toEqual([[2, 2, 2], 1023])
  })

  it('is written with cumulative buckets, a sum and a count', () => {
    const histogram = new Histogram([0.5, 2])
    for (const value of [0.5, 1, 3]) histogram.observe(value)
    expect(formatMetrics([{ name: 'size', help: 'A size.', type: 'histogram', value: histogram }], 'my_')).toBe(
      '# HELP my_size A size.\n# TYPE my_size histogram\n' +
        'my_size_bucket{le="0.5"} 1\nmy_size_bucket{le="2"} 2\nmy_size_bucket{le="+Inf"} 3\nmy_size_sum 4.5\nmy_size_count 3\n',
    )
  })

  it('loses no value', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (values) => {
        const histogram = new Histogram([1, 5, 25])
        values.forEach((value) => histogram.observe(value))
        expect(histogram.counts.reduce((sum, count) => sum + count)).toBe(values.length)
        expect(histogram.counts[0]).toBe(values.filter((value) => value <= 1).length)
      }),
    )
  })
})
