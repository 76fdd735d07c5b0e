// The page of `npm run start:cluster`: a column for each process, each with a stream of its own.
import { getJson } from './api.js'
import { byId } from './dom.js'
import { pageState } from './page-state.js'
import { ProcessColumn } from './process-column.js'

const { games: matches } = pageState()
const processes = await getJson('/processes')
const columns = processes.map(({ port }) => new ProcessColumn(port))
byId('processes').append(...columns.map(({ element }) => element))

for (const { id, home, away, date } of matches) {
  byId('match').add(new Option(`${home.name} – ${away.name}, ${date.slice(0, 4)}`, id))
}
byId('match').addEventListener('change', followAll)
followAll()

function followAll() {
  const match = matches.find(({ id }) => id === byId('match').value)
  for (const column of columns) column.follow(match)
}
