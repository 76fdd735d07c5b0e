// The shop: what is left of each product, and a button that buys one.
import { sendJson } from './api.js'
import { create, flash, picture } from './dom.js'

const badgeTime = 30_000

export class ShopGrid {
  #tiles = new Map()

  constructor(container, products) {
    for (const product of products) {
      const tile = new ProductTile(product)
      this.#tiles.set(product.sku, tile)
      container.append(tile.element)
      tile.show(product.availability)
    }
  }

  showAvailability(availability) {
    this.#tiles.get(availability.sku)?.show(availability)
  }

  /** The connection was lost: remembers what the page shows now. */
  leave() {
    for (const tile of this.#tiles.values()) tile.leave()
  }

  /** The connection has caught up: marks what changed. */
  comeBack() {
    for (const tile of this.#tiles.values()) tile.comeBack()
  }
}

class ProductTile {
  #sku
  #full
  #stock
  /** The stock at the moment the connection was lost. */
  #left
  #level = create('span', { className: 'level-fill' })
  #status = create('p', { className: 'stock' })
  #badge = create('p', { className: 'badge', hidden: true })
  #badgeTimer
  #buy

  constructor({ sku, name, price, picture: symbol, delivery }) {
    this.#sku = sku
    this.#full = delivery
    this.#buy = create(
      'button',
      { className: 'button small', type: 'button', attributes: { 'aria-label': `Buy one: ${name}` } },
      'Buy one',
    )
    this.#buy.addEventListener('click', () => void this.#buyOne())
    this.element = create(
      'li',
      { className: 'product', data: { sku } },
      create('div', { className: 'product-picture' }, picture(`products.svg#${symbol}`, 'drawing'), this.#badge),
      create('h3', {}, name),
      create('p', { className: 'price' }, price),
      create('span', { className: 'level', attributes: { 'aria-hidden': 'true' } }, this.#level),
      this.#status,
      this.#buy,
    )
  }

  show({ stock, status }) {
    if (this.#stock !== undefined && stock !== this.#stock) flash(this.#status, 'changed')
    this.#stock = stock
    this.element.dataset.status = status
    const words = { 'in stock': `${stock} in stock`, low: `Only ${stock} left`, 'sold out': 'Sold out' }
    this.#status.textContent = words[status]
    this.#level.style.transform = `scaleX(${Math.min(1, stock / this.#full)})`
    this.#buy.disabled = stock === 0
  }

  leave() {
    this.#left = this.#stock
    this.#badge.hidden = true
  }

  comeBack() {
    const sold = (this.#left ?? this.#stock) - this.#stock
    this.#left = undefined
    if (sold === 0) return
    this.#badge.textContent = `${sold > 0 ? `${sold} sold` : 'Restocked'} while you were away`
    this.#badge.hidden = false
    clearTimeout(this.#badgeTimer)
    this.#badgeTimer = setTimeout(() => (this.#badge.hidden = true), badgeTime)
  }

  /** Changes nothing here: the new stock comes back over the stream, to this page as to all others. */
  async #buyOne() {
    await sendJson('PUT', `/products/${this.#sku}/availability`, { stock: Math.max(0, this.#stock - 1) })
  }
}
