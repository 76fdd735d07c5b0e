// The card of a game, as the server renders it. public/game-card.js keeps it up to date.
import type { Side } from './events.js'
import type { GameView } from './game.js'
import { html, type Html } from './html.js'
import type { Team } from './match.js'
import { minuteText, noteOf, scorerLines } from './words/match-words.js'

export function gameCard(game: GameView): Html {
  const { id, home, away, competition, round, date, venue, score, clock, isOnBoard } = game
  const day = new Date(date).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
  const title = `${home.name} against ${away.name}`
  return html`<article
    class="game"
    data-game="${id}"
    data-period="${score.period}"
    aria-label="${title}"
    ${isOnBoard ? '' : 'hidden'}
  >
    <header class="game-head">
      <h3 class="visually-hidden">${title}</h3>
      <p class="competition"><span>${competition} · ${round}</span><span>${venue.split(',')[0] ?? ''}, ${day}</span></p>
      <p class="clock"><span class="visually-hidden">Clock: </span><span class="minute">${minuteText(clock)}</span></p>
    </header>
    ${teamRow(home, 'home', score.home)} ${teamRow(away, 'away', score.away)}
    <div class="match-bar" aria-hidden="true">
      <div class="match-bar-shirts">${shirt(home)} ${shirt(away)}</div>
      <div class="match-bar-lanes">
        <div class="lane" data-side="home"></div>
        <div class="match-bar-line">
          <div class="match-bar-fill" style="transform: scaleX(${clock.elapsed / clock.length})"></div>
        </div>
        <div class="lane" data-side="away"></div>
      </div>
    </div>
    <div class="scorers">${scorerList(game, 'home')} ${scorerList(game, 'away')}</div>
    <p class="news">${noteOf(score)}</p>
  </article>`
}

function teamRow(team: Team, side: Side, goals: number): Html {
  return html`<p class="team">
    ${shirt(team)}<span class="name">${team.name}</span><span class="digits" data-side="${side}">${goals}</span>
  </p>`
}

function shirt({ colours: [left, right] }: Team): Html {
  const stripes = `linear-gradient(90deg, ${left} 50%, ${right} 50%)`
  return html`<span class="shirt" aria-hidden="true" style="background: ${stripes}"></span>`
}

function scorerList(game: GameView, side: Side): Html {
  const lines = scorerLines(game.score.goals, side).map((line) => html`<li>${line}</li>`)
  return html`<ul data-side="${side}" aria-label="Goals of ${game[side].name}">
    ${lines}
  </ul>`
}
