// The item of a list that says how many others are not shown.
import { create } from './dom.js'
import { formatCount } from './format.js'

/** Returns the item; no item if none are left out. */
export function leftOutItems(count) {
  return count > 0 ? [create('li', { className: 'missing' }, `${formatCount(count)} more are left out.`)] : []
}
