import { get as getPlain } from 'node:http'
import { get as getTls } from 'node:https'
import { pathTo } from './crowd.js'

/** Reads a stream just long enough to know an event ID to come back with. */
export function lastEventIdAfter(count, { port, tls }) {
  const get = tls ? getTls : getPlain
  return new Promise((resolve, reject) => {
    const headers = { accept: 'text/event-stream' }
    const options = { host: '127.0.0.1', port, path: pathTo([0]), headers, agent: false, rejectUnauthorized: false }
    get(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
        const events = text.split('\n\n').filter((event) => event.includes('#'))
        if (events.length < count || !text.endsWith('\n\n')) return
        response.destroy()
        resolve(/^id: ?(.*)$/m.exec(events[count - 1])?.[1])
      })
    }).on('error', reject)
  })
}
