// The page of `npm start`, rendered with all that its stream then keeps up to date.
import { join } from 'node:path'
import type { ReplayState, SalesState } from './events.js'
import { gameCard } from './game-card.js'
import type { GameView } from './game.js'
import { html, jsonScript } from './html.js'
import { productTile } from './product-tile.js'
import type { ProductView } from './shop.js'
import { View } from './view.js'

export interface HomeState {
  /** Where the stream of the page begins. Read before the rest of the state. */
  lastEventId: string
  games: GameView[]
  products: ProductView[]
  replay: ReplayState
  sales: SalesState
}

export class HomePage {
  readonly #view: View<'games' | 'choices' | 'products' | 'sources' | 'state'>

  constructor(directory: string) {
    this.#view = new View(join(directory, 'views/index.html'))
  }

  render(state: HomeState): string {
    const { games, products } = state
    return this.#view.render({
      games: html`${games.map(gameCard)}`,
      choices: html`${games.map(({ id, home, away, date }) => {
        return html`<option value="${id}">${home.name} – ${away.name}, ${date.slice(0, 4)}</option>`
      })}`,
      products: html`${products.map(productTile)}`,
      sources: html`${games.map(({ source }) => html`<li>${source}</li>`)}`,
      state: jsonScript('page-state', state),
    })
  }
}
