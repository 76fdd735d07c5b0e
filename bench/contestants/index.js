import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { compilerVersion } from './c-compiler.js'
import { NCHAN_MODULE } from './nchan-module.js'

const ONE_CHANNEL = 'it has one channel'

/**
 * Who takes part. `isBeside`: only in scenarios that name it. `like`: also in scenarios that name that one. `packages`:
 * what must be installed, and whose versions are printed. `lacks`: what a contestant cannot do, and why it is left out
 * where a scenario needs it.
 */
export const contestants = {
  ours: {
    label: 'express-sse-channels',
    packages: ['express'],
    lacks: {},
    version: () => JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
    load: () => import('./ours.js'),
  },
  'ours-before': {
    label: 'the same, before',
    like: 'ours',
    packages: ['express'],
    missing: () => whyNotBefore(process.env.BENCH_BEFORE),
    lacks: { 'what is new': 'the commit before may not have it' },
    // Not the path, which says something of the machine alone.
    version: () => 'as BENCH_BEFORE says',
    load: () => import('./ours-before.js'),
  },
  bare: {
    label: 'bare node:http',
    packages: [],
    lacks: {},
    load: () => import('./bare.js'),
  },
  floor: {
    label: 'Node at its least',
    packages: [],
    lacks: { 'several channels': 'it writes to each channel apart', replay: 'it has no replay' },
    load: () => import('./floor.js'),
  },
  send: {
    label: 'C loop of send',
    packages: [],
    missing: whyNoSend,
    lacks: {
      'many channels': ONE_CHANNEL,
      'several channels': ONE_CHANNEL,
      'keep-alives': 'it sends none',
      tls: 'it has no TLS',
      reconnects: 'it does not count its connections',
      replay: 'it has no replay',
    },
    version: () => compilerVersion,
    load: () => import('./send.js'),
  },
  express: {
    label: 'bare Express',
    packages: ['express'],
    lacks: {},
    load: () => import('./bare-express.js'),
  },
  compression: {
    label: 'Express and compression',
    packages: ['express', 'compression'],
    lacks: {},
    isBeside: true,
    load: () => import('./compression.js'),
  },
  'better-sse': {
    label: 'better-sse',
    packages: ['better-sse', 'express'],
    lacks: { replay: 'it has no replay' },
    load: () => import('./better-sse.js'),
  },
  'sse-channel': {
    label: 'sse-channel',
    packages: ['sse-channel', 'express'],
    lacks: { 'several channels': 'a response can join one channel only' },
    load: () => import('./sse-channel.js'),
  },
  'express-sse': {
    label: 'express-sse',
    packages: ['express-sse', 'express'],
    lacks: {
      'several channels': 'a response can join one stream only',
      crowds: 'each newcomer is written to everyone, so 10,000 connections take minutes',
      replay: 'it has no replay',
    },
    load: () => import('./express-sse.js'),
  },
  hono: {
    label: 'hono streamSSE',
    packages: ['hono', '@hono/node-server'],
    lacks: { replay: 'it has no replay' },
    load: () => import('./hono.js'),
  },
  fastify: {
    label: '@fastify/sse',
    packages: ['@fastify/sse', 'fastify'],
    lacks: {},
    load: () => import('./fastify.js'),
  },
  nchan: {
    label: 'nginx + nchan',
    packages: [],
    missing: () => (existsSync(NCHAN_MODULE) ? undefined : 'not installed: apt-get install libnginx-mod-nchan'),
    lacks: {},
    version: () => spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr.trim(),
    load: () => import('./nchan.js'),
  },
}

/** The versions a contestant runs with, or why it cannot run here. */
export function availability(id) {
  const { packages, missing, version } = contestants[id]
  const versions = Object.fromEntries(packages.map((name) => [name, installedVersion(name)]))
  const absent = packages.filter((name) => versions[name] === undefined)
  const reason = absent.length > 0 ? `not installed: ${absent.join(', ')} (npm --prefix bench ci)` : missing?.()
  const installed = Object.entries(versions).map((pair) => pair.join(' '))
  const all = [...(version ? [version()] : []), ...installed].join(', ')
  return { reason, versions: all || `Node ${process.versions.node}` }
}

function whyNotBefore(file) {
  if (!file) return 'BENCH_BEFORE=path/to/dist/index.mjs is not set'
  return existsSync(file) ? undefined : `there is no ${file}`
}

function whyNoSend() {
  if (process.platform !== 'linux') return 'needs Linux: epoll and /proc'
  return compilerVersion === undefined ? 'no C compiler: apt-get install gcc libc6-dev' : undefined
}

/** Peers stand in this folder's node_modules; what the package itself develops with stands one level up. */
function installedVersion(name) {
  const places = ['../node_modules', '../../node_modules']
  const file = places
    .map((place) => new URL(`${place}/${name}/package.json`, import.meta.url))
    .find((url) => existsSync(url))
  return file && JSON.parse(readFileSync(file, 'utf8')).version
}
