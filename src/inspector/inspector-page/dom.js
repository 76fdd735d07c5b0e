// Building and finding elements. Text of the app goes into text nodes only, so that browsers never read such text as HTML.

/** @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`no element #${id}`)
  return element
}

/** `create('li', { className: 'row', attributes: { role: 'row' } }, 'text', child)`; children that are undefined are left out. */
export function create(tag, { attributes, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value)
  element.append(...children.filter((child) => child !== undefined))
  return element
}

/** Sets text only if the text has changed, so that a selection in the element stays. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** Adds elements at the beginning of a list, and removes those at its end beyond a limit. */
export function prepend(list, elements, limit) {
  list.prepend(...elements)
  while (list.childElementCount > limit) list.lastElementChild.remove()
}
