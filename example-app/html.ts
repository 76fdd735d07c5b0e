// HTML from templates: html`<b>${name}</b>`. Every value is escaped, unless it is HTML already.
import escapeHtml from 'escape-html'

export class Html {
  constructor(readonly text: string) {}
}

type Value = string | number | Html | readonly Html[]

export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(strings.reduce((text, string, index) => text + textOf(values[index - 1] ?? '') + string))
}

/** Data for the page's scripts. Without "<" in it, no text can end the element. */
export function jsonScript(id: string, data: object): Html {
  const json = JSON.stringify(data).replaceAll('<', '\\u003c')
  return new Html(`<script type="application/json" id="${escapeHtml(id)}">${json}</script>`)
}

function textOf(value: Value): string {
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value))
  return value instanceof Html ? value.text : value.map(({ text }) => text).join('\n')
}
