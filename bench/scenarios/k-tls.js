import { onePerTurn } from './a-one-per-turn.js'

export const overTls = {
  ...onePerTurn,
  letter: 'k',
  title: '1,000 connections over TLS, one event per turn',
  tls: true,
  needs: ['tls'],
  full: { connections: 1000, warmUp: 80, events: 200 },
}
