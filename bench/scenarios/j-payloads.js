import { onePerTurn } from './a-one-per-turn.js'

export const payloads = {
  ...onePerTurn,
  letter: 'j',
  title: '1,000 connections, one event per turn, by size of the data',
  cases: [
    { name: '100 B', bytes: 100 },
    { name: '1 KB', bytes: 1000 },
    { name: '10 KB', bytes: 10_000 },
  ],
  full: { connections: 1000, warmUp: 60, events: 150 },
}
