/**
 * The client in the pages of test runners. They lack `fetch` and `Request`.
 *
 * @jest-environment jsdom
 */
import { EventStream } from '../../src/client/index.js'

it('is constructed in jsdom with a fetch', async () => {
  const fetch = jest.fn(() => new Promise<Response>(() => {}))
  const stream = new EventStream('/stream', { fetch, closeWhenHidden: 60_000 })
  await new Promise((resolve) => setTimeout(resolve))
  expect([stream.url, stream.readyState]).toEqual(['http://localhost/stream', 0])
  expect(fetch).toHaveBeenCalledTimes(1)
  window.dispatchEvent(new Event('pagehide'))
  expect(stream.state).toMatchObject({ name: 'waiting', reason: { code: 'hidden' } })
  stream.close()
  window.dispatchEvent(new Event('pageshow'))
  expect([stream.readyState, fetch.mock.calls.length]).toEqual([2, 1])
})

it('says in jsdom that fetch is missing', () => {
  expect(() => new EventStream('/stream')).toThrow('EventStream needs the global fetch, or the option fetch')
})
