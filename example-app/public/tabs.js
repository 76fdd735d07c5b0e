// Two tabs on a phone, where matches and shop do not fit on one screen. On wider screens CSS shows both.
// @see https://www.w3.org/WAI/ARIA/apg/patterns/tabs/
import { byId } from './dom.js'

const names = ['matches', 'shop']

export function showTabsOnPhones() {
  const phone = matchMedia('(max-width: 47.99rem)')
  for (const name of names) {
    byId(`${name}-tab`).addEventListener('click', () => select(name))
    byId(`${name}-tab`).addEventListener('keydown', ({ key }) => {
      if (key !== 'ArrowLeft' && key !== 'ArrowRight') return
      const other = names.find((other) => other !== name)
      select(other)
      byId(`${other}-tab`).focus()
    })
  }
  phone.addEventListener('change', () => setRoles(phone.matches))
  setRoles(phone.matches)
  select('matches')
}

function select(chosen) {
  document.body.dataset.tab = chosen
  for (const name of names) {
    byId(`${name}-tab`).setAttribute('aria-selected', String(name === chosen))
    byId(`${name}-tab`).tabIndex = name === chosen ? 0 : -1
  }
}

/** Only on a phone are the buttons tabs and the sections their panels. */
function setRoles(isPhone) {
  setRole(byId('tabs'), isPhone && 'tablist')
  for (const name of names) {
    setRole(byId(`${name}-tab`), isPhone && 'tab')
    setRole(byId(name), isPhone && 'tabpanel')
  }
}

function setRole(element, role) {
  if (role) element.setAttribute('role', role)
  else element.removeAttribute('role')
}
