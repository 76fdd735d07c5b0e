// The body of a table. Rows are kept from sample to sample, so that focus and selection stay.
import { create, setText } from './dom.js'

export class Rows {
  #table
  #body
  #labels
  #rows = new Map()

  constructor(table) {
    this.#table = table
    this.#body = table.tBodies[0]
    this.#labels = [...table.tHead.rows[0].cells].map(({ textContent }) => textContent)
  }

  /**
   * Shows rows in this order: `{ key, cells }`. A cell is a text, or `{ text, href }`. While focus is within the table, rows
   * keep their places: otherwise the focused one would move away.
   */
  show(rows) {
    const keys = new Set(rows.map(({ key }) => key))
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue
      row.remove()
      this.#rows.delete(key)
    }
    const isUsed = this.#body.contains(document.activeElement)
    rows.forEach(({ key, cells }, i) => {
      const row = this.#rows.get(key) ?? this.#create(key, cells)
      if (!row.isConnected || (!isUsed && this.#body.rows[i] !== row)) {
        this.#body.insertBefore(row, isUsed ? null : (this.#body.rows[i] ?? null))
      }
      cells.forEach((cell, j) => fill(row.cells[j], cell))
    })
  }

  #create(key, cells) {
    const row = create('tr', { attributes: { role: 'row' } })
    this.#rows.set(key, row)
    cells.forEach((_cell, j) => {
      const label = { 'data-label': this.#labels[j] }
      const { className } = this.#table.tHead.rows[0].cells[j]
      row.append(
        j === 0
          ? create('th', { className, attributes: { ...label, scope: 'row', role: 'rowheader' } })
          : create('td', { className, attributes: { ...label, role: 'cell' } }),
      )
    })
    return row
  }
}

function fill(cell, content) {
  const { text, href } = typeof content === 'string' ? { text: content } : content
  if (href === undefined) {
    if (cell.firstElementChild) cell.replaceChildren()
    setText(cell, text)
    return
  }
  let link = cell.querySelector('a')
  if (!link) cell.replaceChildren((link = create('a', {})))
  if (link.getAttribute('href') !== href) link.setAttribute('href', href)
  setText(link, text)
}
