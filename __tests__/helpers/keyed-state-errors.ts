// Prints the errors of a keyed state as an app's process gets them: within Jest, each of them would fail the test.
import { EventStream, keyedState } from '../../src/client/index.js'
import { asText, priced, ready, type Seats } from './keyed-state-events.js'

const errors: string[] = []
const shown: string[] = []
process.on('uncaughtException', ({ name, message }) => errors.push(name === 'Error' ? message : name))

const text = `event: seat\ndata: no JSON\n\n${priced('no key', 1)}${priced('no answer', 1)}${priced('a', 1)}${ready(false)}`
const headers = { 'Content-Type': 'text/event-stream' }
const stream = new EventStream<Seats>('http://127.0.0.1/', {
  afterEnd: 'never',
  fetch: () => Promise.resolve(new Response(text, { headers })),
})
const seats = keyedState(stream, 'seat', {
  key(event) {
    if (event.data.includes('no key')) throw new Error('no key')
    return event.lastEventId && event.json().seat
  },
  remove(event) {
    if (event.data.includes('no answer')) throw new Error('no answer')
    return false
  },
})
seats.subscribe((map) => {
  if (map.size > 0) throw new Error('no listener')
})
seats.subscribe((map) => shown.push(asText(map)))
process.on('exit', () => console.log(JSON.stringify({ errors, shown })))
