// An app as a process of its own, behind the proxy of a development server: started with `fork`, it listens on PORT and
// sends `listening`. At SIGTERM it closes its streams and leaves.
import express from 'express'
import { sse } from '../../src/index.js'

const live = sse({ retry: 100, fallthrough: false })
const app = express()
app.get('/api/stream', live, (req, res) => res.sse?.subscribe('news'))
app.get('/api/pid', (_req, res) => void res.json(process.pid))
app.post('/api/news', async (_req, res) => {
  await live.channel('news').publish({ data: 'news' })
  res.end()
})
const server = app.listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.('listening'))

process.once('SIGTERM', () => {
  void live.close()
  server.close()
  process.disconnect()
})
