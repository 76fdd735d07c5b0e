import { tenPerTurn } from './b-ten-per-turn.js'

/** What a filter costs that lets every event pass, so that all cases deliver the same. Each connection has its own. */
export const filters = {
  ...tenPerTurn,
  letter: 'q',
  title: '1,000 connections with a filter each, ten events per turn',
  only: ['ours'],
  cases: [
    { name: 'no filter' },
    { name: 'a filter that reads type and text', filter: 'text' },
    { name: 'a filter that reads JSON', filter: 'json' },
  ],
  serverOptions: ({ filter }) => ({ filter }),
}
