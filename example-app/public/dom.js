// Building and finding elements.

/** @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`no element #${id}`)
  return element
}

/** `create('li', { className: 'row', data: { id: 7 } }, 'text', child)`; children that are false or undefined are left out. */
export function create(tag, { data, attributes, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  Object.assign(element.dataset, data)
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value)
  element.append(...children.filter((child) => child !== undefined && child !== false))
  return element
}

/** An `<svg>` that shows a symbol of a sprite. */
export function picture(href, className) {
  const namespace = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(namespace, 'svg')
  svg.setAttribute('class', className)
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(namespace, 'use')
  use.setAttribute('href', href)
  svg.append(use)
  return svg
}

/** Runs the CSS animation of a class once, from its start. */
export function flash(element, className) {
  element.classList.remove(className)
  void element.offsetWidth
  element.classList.add(className)
  // Otherwise the animation would run again whenever a hidden tab is shown.
  const end = () => {
    if (element.getAnimations().length === 0) element.classList.remove(className)
  }
  for (const type of ['animationend', 'animationcancel']) element.addEventListener(type, end, { once: true })
}
