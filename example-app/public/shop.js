// The shop: what is left of each product, and a button that buys one.
import { sendJson } from './api.js'
import { flash } from './dom.js'
import { stockText } from './stock-words.js'

const badgeTime = 30_000

export class ShopGrid {
  #tiles = new Map()

  constructor(container, products) {
    for (const product of products) {
      this.#tiles.set(product.sku, new ProductTile(container.querySelector(`[data-sku="${product.sku}"]`), product))
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
  #element
  #sku
  #full
  #stock
  /** The stock at the moment the connection was lost. */
  #left
  #level
  #status
  #badge
  #badgeTimer
  #buy

  /** `element` as the server has rendered it, the rest as in `GET /products`. */
  constructor(element, { sku, delivery, availability }) {
    this.#element = element
    this.#sku = sku
    this.#full = delivery
    this.#level = element.querySelector('.level-fill')
    this.#status = element.querySelector('.stock')
    this.#badge = element.querySelector('.badge')
    this.#buy = element.querySelector('button')
    this.#buy.addEventListener('click', () => void this.#buyOne())
    this.show(availability)
  }

  show({ stock, status }) {
    if (this.#stock !== undefined && stock !== this.#stock) flash(this.#status, 'changed')
    this.#stock = stock
    this.#element.dataset.status = status
    this.#status.textContent = stockText({ stock, status })
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
