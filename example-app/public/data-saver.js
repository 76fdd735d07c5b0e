// The data saver, for slow or expensive networks: each score and stock at most once in two seconds. The stream is opened
// again with another update window, at the last event ID, so that nothing is missed.
import { byId } from './dom.js'

const window = 2_000

export function offerDataSaver(connection) {
  const control = byId('data-saver')
  const choose = () => (connection.every = control.checked ? window : undefined)
  // Some browsers tell that their user wants to save data.
  control.checked ||= navigator.connection?.saveData ?? false
  choose()
  control.addEventListener('change', () => {
    choose()
    if (connection.state.name === 'closed') return
    connection.close()
    connection.open()
  })
}
