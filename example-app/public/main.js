// The page: the server has rendered what there is, and what changes comes from the stream.
import { Announcer } from './announcer.js'
import { LiveConnection } from './connection.js'
import { ConnectionBar } from './connection-bar.js'
import { ConnectionFacts } from './connection-facts.js'
import { Controls } from './controls.js'
import { copyOnClick } from './copy-button.js'
import { offerDataSaver } from './data-saver.js'
import { byId } from './dom.js'
import { EventList } from './event-list.js'
import { pageState } from './page-state.js'
import { PlayAgain } from './play-again.js'
import { Scoreboard } from './scoreboard.js'
import { ShopGrid } from './shop.js'
import { Statistics } from './statistics.js'
import { showTabsOnPhones } from './tabs.js'
import { TimeLine } from './time-line.js'

copyOnClick(byId('copy'), byId('install'))
showTabsOnPhones()
const { lastEventId, games, products, replay, sales } = pageState()
const scoreboard = new Scoreboard(byId('games'), games)
const shop = new ShopGrid(byId('products'), products)
const controls = new Controls()
new PlayAgain(games)
const announcer = new Announcer()
const list = new EventList(byId('events'), {
  button: byId('events-pause'),
  showsClock: () => byId('events-clock').checked,
})
const facts = new ConnectionFacts()
const timeLine = new TimeLine(byId('time-line'))
const statistics = new Statistics(byId('statistics'))

const show = {
  score: (score) => scoreboard.showScore(score),
  clock: (clock) => scoreboard.showClock(clock),
  goal: (goal) => {
    scoreboard.showGoal(goal)
    announcer.announce(scoreboard.describeGoal(goal))
  },
  availability: (availability) => shop.showAvailability(availability),
  replay: (state) => {
    controls.showReplay(state)
    scoreboard.pace = state.speed
  },
  sales: (state) => controls.showSales(state),
}

show.replay(replay)
show.sales(sales)

const connection = new LiveConnection('/stream', {
  lastEventId,
  onState: (state) => {
    bar.showState(state)
    statistics.running = state.name === 'open'
  },
  onEvent: (event) => {
    // A missed goal becomes a badge. A banner would say that it has just been scored.
    if (event.type !== 'goal' || !event.isMissed) show[event.type]?.(event.data)
    facts.showEvent(event, connection.lastEventId)
    list.add(event)
  },
  onLost: () => {
    timeLine.lost()
    scoreboard.leave()
    shop.leave()
  },
  onCaughtUp: (outcome) => {
    timeLine.caughtUp(outcome)
    bar.showOutcome(outcome)
    facts.showOutcome(outcome)
    list.markReplayed(outcome)
    scoreboard.comeBack(outcome.events, outcome.gap)
    shop.comeBack()
  },
})
const bar = new ConnectionBar(connection)
offerDataSaver(connection)
connection.open()
