// The shop: what is on sale, how many are left, and customers who buy now and then.
import type { Channel } from 'express-sse-channels'
import type { Availability, Events, SalesState } from './events.js'

export type ProductView = Product & { availability: Availability }

export interface Product {
  sku: string
  name: string
  price: string
  /** The name of its drawing in public/products.svg. */
  picture: string
  /** How many a delivery brings. */
  delivery: number
}

const products: Product[] = [
  { sku: 'ball-5', name: 'Match ball, size 5', price: '€ 32.00', picture: 'ball', delivery: 24 },
  { sku: 'scarf-wool', name: 'Knitted scarf', price: '€ 18.50', picture: 'scarf', delivery: 40 },
  { sku: 'shirt-1930', name: 'Lace-up shirt, 1930 cut', price: '€ 54.00', picture: 'shirt', delivery: 12 },
  { sku: 'cap-cord', name: 'Corduroy cap', price: '€ 22.00', picture: 'cap', delivery: 18 },
  { sku: 'boots-bag', name: 'Boot bag', price: '€ 14.00', picture: 'bag', delivery: 30 },
  { sku: 'mug-enamel', name: 'Enamel mug', price: '€ 12.00', picture: 'mug', delivery: 36 },
  { sku: 'whistle-brass', name: 'Brass whistle', price: '€ 9.50', picture: 'whistle', delivery: 20 },
  { sku: 'pennant-felt', name: 'Felt pennant', price: '€ 11.00', picture: 'pennant', delivery: 16 },
]
const openingStock = [14, 23, 4, 9, 17, 30, 1, 0]
const lowStock = 5
const saleEvery = 2_500

export class Shop {
  readonly #channel: Channel<Events>
  #sales: NodeJS.Timeout | undefined

  constructor(channel: Channel<Events>) {
    this.#channel = channel
  }

  /** Tells everybody what there is. */
  open(): void {
    for (const [index, { sku }] of products.entries()) void this.setStock(sku, openingStock[index] ?? 0)
  }

  has(sku: string): boolean {
    return products.some((product) => product.sku === sku)
  }

  products(): ProductView[] {
    return products.map((product) => ({ ...product, availability: this.availability(product.sku) }))
  }

  /** The latest event is the state. With Redis, another process may have published it. */
  availability(sku: string): Availability {
    return (this.#channel.latest(sku)?.json() as Availability | undefined) ?? { sku, stock: 0, status: 'sold out' }
  }

  /** Resolves with what is left now and the ID of the event that told everybody. */
  async setStock(sku: string, stock: number): Promise<{ id: string; availability: Availability }> {
    const status = stock === 0 ? 'sold out' : stock <= lowStock ? 'low' : 'in stock'
    const availability: Availability = { sku, stock, status }
    return { id: await this.#channel.publish({ event: 'availability', data: availability, key: sku }), availability }
  }

  get sales(): SalesState {
    return (this.#channel.latest('sales')?.json() as SalesState | undefined) ?? { running: false }
  }

  setSales({ running }: SalesState): SalesState {
    this.close()
    if (running) this.#sales = setInterval(() => this.#serveCustomer(), saleEvery).unref()
    void this.#channel.publish({ event: 'sales', data: { running }, key: 'sales' })
    return { running }
  }

  close(): void {
    clearInterval(this.#sales)
    this.#sales = undefined
  }

  /** Somebody wants a product: one less, or a delivery when there is none. */
  #serveCustomer(): void {
    const product = products[Math.floor(Math.random() * products.length)]
    if (!product) return
    const { stock } = this.availability(product.sku)
    void this.setStock(product.sku, stock > 0 ? stock - 1 : product.delivery)
  }
}
