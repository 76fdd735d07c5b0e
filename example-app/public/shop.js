// The shop's grid: what is left of each product, and a button that buys one.
import { sendJson } from './api.js'
import { create, flash, picture } from './dom.js'

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
}

class ProductTile {
  #sku
  #full
  #stock = 0
  #level = create('span', { className: 'level-fill' })
  #status = create('p', { className: 'stock' })
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
      create('div', { className: 'product-picture' }, picture(`products.svg#${symbol}`, 'drawing')),
      create('h3', {}, name),
      create('p', { className: 'price' }, price),
      create('span', { className: 'level', attributes: { 'aria-hidden': 'true' } }, this.#level),
      this.#status,
      this.#buy,
    )
  }

  show({ stock, status }) {
    if (stock !== this.#stock) flash(this.#status, 'changed')
    this.#stock = stock
    this.element.dataset.status = status
    this.#status.textContent = { 'in stock': `${stock} in stock`, low: `Only ${stock} left`, 'sold out': 'Sold out' }[
      status
    ]
    this.#level.style.transform = `scaleX(${Math.min(1, stock / this.#full)})`
    this.#buy.disabled = stock === 0
  }

  /** Changes nothing here: the new availability comes back over the stream, to this page as to all others. */
  async #buyOne() {
    await sendJson('PUT', `/products/${this.#sku}/availability`, { stock: Math.max(0, this.#stock - 1) })
  }
}
