// The tile of a product, as the server renders it. public/shop.js keeps it up to date.
import { html, type Html } from './html.js'
import type { ProductView } from './shop.js'
import { stockText } from './words/stock-words.js'

export function productTile({ sku, name, price, picture, delivery, availability }: ProductView): Html {
  const level = Math.min(1, availability.stock / delivery)
  return html`<li class="product" data-sku="${sku}" data-status="${availability.status}">
    <div class="product-picture">
      <svg class="drawing" aria-hidden="true"><use href="products.svg#${picture}" /></svg>
      <p class="badge" hidden></p>
    </div>
    <h3>${name}</h3>
    <p class="price">${price}</p>
    <span class="level" aria-hidden="true"><span class="level-fill" style="transform: scaleX(${level})"></span></span>
    <p class="stock">${stockText(availability)}</p>
    <button class="button small" type="button" aria-label="Buy one: ${name}">Buy one</button>
  </li>`
}
