// A button that copies a line of text.

export function copyOnClick(button, source) {
  button.addEventListener('click', () => void copy(button, source))
}

async function copy(button, source) {
  try {
    await navigator.clipboard.writeText(source.textContent)
    button.textContent = 'Copied'
  } catch {
    // There is no clipboard without HTTPS, except on this machine. The visitor can copy what is selected.
    getSelection().selectAllChildren(source)
    button.textContent = 'Selected'
  }
  setTimeout(() => (button.textContent = 'Copy'), 2_000)
}
