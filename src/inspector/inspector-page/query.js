// What the page shows is in its address, so that a link or a reload shows the same.

const names = ['filter', 'owner', 'channel']

/** The address of the page with another value of one parameter. */
export function withParameter(name, value) {
  const query = new URLSearchParams(location.search)
  if (value === '') query.delete(name)
  else query.set(name, value)
  const text = query.toString()
  return text === '' ? './' : `?${text}`
}

export const parameter = (name) => new URLSearchParams(location.search).get(name) ?? ''

/** The address of the event stream for what the page shows. */
export function streamAddress() {
  const query = new URLSearchParams(names.map((name) => [name, parameter(name)]))
  return `events?${query}`
}

/** Calls `show` when a form or a link of the page changes its address. The page is not loaded again. */
export function onAddressChange(show) {
  const go = (address) => {
    history.pushState(undefined, '', address)
    show()
  }
  for (const form of document.querySelectorAll('form')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      const [[name, value]] = new FormData(form)
      go(withParameter(name, value))
    })
  }
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="?"], a[href="./"]')
    // With a modifier, a click opens another tab.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(link.getAttribute('href'))
  })
  addEventListener('popstate', show)
}
