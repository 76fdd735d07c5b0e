import compression from 'compression'
import express from 'express'
import { createStreams } from './bare.js'
import { listen } from './listen.js'

/** The loop of `res.write` behind Express, compressed for each connection as the middleware does it. */
export async function start({ compress }) {
  const streams = createStreams({})
  const app = express()
  if (compress) app.use(compression({ threshold: 0 }), flushEachWrite)
  app.get('/stream', (req, res) => streams.open(req.query.channels.split(','), req, res))
  return { ...(await listen(app)), publish: streams.publish }
}

/** Without it, the middleware holds events back until there is enough to compress. */
function flushEachWrite(req, res, next) {
  const write = res.write
  res.write = function (...args) {
    const more = write.apply(this, args)
    res.flush()
    return more
  }
  next()
}
