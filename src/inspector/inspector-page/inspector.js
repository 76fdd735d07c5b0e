// The page: gets all its data from one event stream.
import { ActivityList } from './activity.js'
import { Counts } from './counts.js'
import { byId } from './dom.js'
import { EventList } from './event-list.js'
import { onAddressChange, parameter } from './query.js'
import { Stream } from './stream.js'
import { showChannels, showConnections } from './tables.js'

const counts = new Counts()
const activity = new ActivityList()
const events = new EventList()

const stream = new Stream({
  stats: (sample) => counts.show(sample),
  channels: showChannels,
  connections: showConnections,
  activity: (sample) => activity.show(sample),
  events: (sample) => events.show(sample),
})

/** Shows what the address of the page says. */
function show() {
  for (const name of ['filter', 'owner', 'channel']) {
    const field = document.querySelector(`input[name="${name}"]`)
    if (field !== document.activeElement || field.value === '') field.value = parameter(name)
  }
  events.begin(parameter('channel'))
  stream.open()
}

byId('pause').addEventListener('click', () => {
  counts.pause()
  if (stream.isPaused) stream.open()
  else stream.pause()
})
onAddressChange(show)
show()
