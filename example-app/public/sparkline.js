// A line of the last values, as wide as its box. It begins at zero, so that a flat line is not drawn as noise.

const namespace = 'http://www.w3.org/2000/svg'
const most = 40
const height = 24

export class Sparkline {
  element = document.createElementNS(namespace, 'svg')
  #line = document.createElementNS(namespace, 'polyline')
  #values = []

  constructor() {
    this.element.setAttribute('viewBox', `0 0 ${most - 1} ${height}`)
    this.element.setAttribute('preserveAspectRatio', 'none')
    this.element.setAttribute('class', 'sparkline')
    this.element.setAttribute('aria-hidden', 'true')
    this.element.append(this.#line)
  }

  add(value) {
    this.#values = [...this.#values, value].slice(-most)
    const top = Math.max(1, ...this.#values) * 1.15
    const points = this.#values.map((value, index) => `${index},${height - 1 - (value / top) * (height - 2)}`)
    this.#line.setAttribute('points', points.join(' '))
  }
}
