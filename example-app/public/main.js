// The page: what there is comes from the JSON routes, what changes comes from the stream.
import { Announcer } from './announcer.js'
import { getJson } from './api.js'
import { LiveConnection } from './connection.js'
import { ConnectionPanel } from './connection-panel.js'
import { Controls } from './controls.js'
import { byId } from './dom.js'
import { EventLog } from './event-log.js'
import { Scoreboard } from './scoreboard.js'
import { ShopGrid } from './shop.js'

async function start() {
  const [games, products] = await Promise.all([getJson('/games'), getJson('/products')])
  const scoreboard = new Scoreboard(byId('games'), games)
  const shop = new ShopGrid(byId('products'), products)
  const controls = new Controls()
  const announcer = new Announcer()
  const log = new EventLog()

  const show = {
    score: (score) => scoreboard.showScore(score),
    clock: (clock) => scoreboard.showClock(clock),
    goal: (goal) => {
      scoreboard.showGoal(goal)
      announcer.announce(scoreboard.describeGoal(goal))
    },
    availability: (availability) => shop.showAvailability(availability),
    replay: (state) => controls.showReplay(state),
    sales: (state) => controls.showSales(state),
  }

  const connection = new LiveConnection('/stream', {
    onState: (state) => panel.showState(state),
    onEvent: (event) => {
      show[event.type]?.(event.data)
      panel.showEvent(event)
      log.add(event)
    },
  })
  const panel = new ConnectionPanel(connection)
  connection.open()
}

start().catch((error) => {
  byId('notice').textContent = `The page could not start: ${error.message}`
  byId('notice').hidden = false
})
