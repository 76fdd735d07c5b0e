// Clients: event streams or web sockets, as many as are asked for. They count events and measure how old each is.
import { get } from 'node:http'
import { WebSocket } from 'ws'
import { now, serve } from './process.js'

let received = 0
let open = 0
let latencies = []
let isMeasuring = false

const AT = /"at":([\d.]+)/g

function take(text) {
  for (const [, at] of text.matchAll(AT)) {
    received++
    if (isMeasuring) latencies.push(now() - Number(at))
  }
}

function openStream(port) {
  get({ host: '127.0.0.1', port, headers: { accept: 'text/event-stream' }, agent: false }, (response) => {
    let rest = ''
    response.setEncoding('latin1')
    response.once('data', () => open++)
    response.on('data', (text) => {
      const end = text.lastIndexOf('\n\n')
      take(rest + text.slice(0, end + 1))
      rest = end < 0 ? rest + text : text.slice(end + 1)
    })
  })
}

function openSocket(port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`)
  socket.on('message', (data) => {
    const text = data.toString()
    if (text.startsWith('0')) socket.send('40')
    else if (text === '2') socket.send('3')
    else if (text.startsWith('40')) open++
    else take(text)
  })
}

serve({
  async connect({ port, clients, kind }) {
    for (let i = 0; i < clients; i++) {
      if (kind === 'ours') openStream(port)
      else openSocket(port)
      if (i % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    while (open < clients) await new Promise((resolve) => setTimeout(resolve, 10))
  },
  measure() {
    received = 0
    latencies = []
    isMeasuring = true
  },
  async received(count) {
    const deadline = performance.now() + 20_000
    while (received < count && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
    isMeasuring = false
    latencies.sort((a, b) => a - b)
    const at = (share) => latencies[Math.floor(share * (latencies.length - 1))] ?? NaN
    return { received, p50: at(0.5) / 1000, p99: at(0.99) / 1000 }
  },
})
