// What the server has rendered the page with, as data.
import { byId } from './dom.js'

export function pageState() {
  return JSON.parse(byId('page-state').textContent)
}
