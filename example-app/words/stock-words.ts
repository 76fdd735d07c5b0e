// What is left of a product, in words. The server renders the page with them, and the page's scripts update it.
import type { Availability } from '../events.js'

export function stockText({ stock, status }: Availability): string {
  const words = { 'in stock': `${stock} in stock`, low: `Only ${stock} left`, 'sold out': 'Sold out' }
  return words[status]
}
