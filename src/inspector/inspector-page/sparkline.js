// A line of the last sixty values, as wide as its box. The scale begins at zero, so that noise does not look like a peak.

const namespace = 'http://www.w3.org/2000/svg'
const most = 60
const height = 32

export class Sparkline {
  element = document.createElementNS(namespace, 'svg')
  #name
  #format
  #line = document.createElementNS(namespace, 'polyline')
  #area = document.createElementNS(namespace, 'polygon')
  #values = []

  /** `name` and `format(value)` make the text for those who cannot see the line. */
  constructor(name, format) {
    this.#name = name
    this.#format = format
    this.element.setAttribute('viewBox', `0 0 ${most - 1} ${height}`)
    this.element.setAttribute('preserveAspectRatio', 'none')
    this.element.setAttribute('class', 'sparkline')
    this.element.setAttribute('role', 'img')
    this.element.setAttribute('aria-label', `${name}: no values yet`)
    this.element.append(this.#area, this.#line)
  }

  add(value) {
    const values = (this.#values = [...this.#values, value].slice(-most))
    const top = Math.max(1, ...values) * 1.1
    const start = most - values.length
    const points = values.map((each, i) => `${start + i},${(height - 1 - (each / top) * (height - 3)).toFixed(2)}`)
    this.#line.setAttribute('points', points.join(' '))
    this.#area.setAttribute('points', `${start},${height} ${points.join(' ')} ${most - 1},${height}`)
    const [lowest, highest] = [Math.min(...values), Math.max(...values)].map(this.#format)
    this.element.setAttribute('aria-label', `${this.#name}: lately between ${lowest} and ${highest}`)
  }
}
