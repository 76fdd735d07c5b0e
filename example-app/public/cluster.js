// One column for each process, each with a stream of its own.
const container = document.getElementById('processes')
const template = document.getElementById('process')
const match = document.getElementById('match')

const processes = await (await fetch('/processes')).json()
const columns = processes.map(
  ({ port }) =>
    new Map([
      ['port', port],
      ['element', addColumn(port)],
    ]),
)

for (const { id, home, away, date } of await (await fetch('/matches')).json()) {
  match.add(new Option(`${home.name} – ${away.name}, ${date}`, id))
}
match.addEventListener('change', followAll)
followAll()

function followAll() {
  for (const column of columns) {
    column.get('source')?.close()
    column.set('source', follow(column.get('port'), column.get('element')))
  }
}

function addColumn(port) {
  const element = template.content.firstElementChild.cloneNode(true)
  element.querySelector('h2').textContent = `Port ${port}`
  element.querySelector('button').addEventListener('click', () => {
    void fetch(`/processes/${port}/kill`, { method: 'POST' })
  })
  container.append(element)
  return element
}

function follow(port, element) {
  const [state, result, events] = ['.state', '.result', '.events'].map((name) => element.querySelector(name))
  events.replaceChildren()
  const source = new EventSource(`http://127.0.0.1:${port}/games/${match.value}`)
  const log = ({ type, data, lastEventId }) => {
    const line = document.createElement('li')
    line.textContent = `${lastEventId} ${type} ${data.slice(0, 60)}`
    events.prepend(line)
    while (events.children.length > 50) events.lastChild.remove()
  }
  source.addEventListener('open', () => (state.textContent = 'open'))
  source.addEventListener('error', () => (state.textContent = 'connecting'))
  source.addEventListener('score', ({ data }) => {
    const { home, away } = JSON.parse(data)
    result.textContent = `${home} : ${away}`
  })
  for (const type of ['score', 'clock', 'goal', 'sse-ready', 'sse-gap']) source.addEventListener(type, log)
  return source
}
