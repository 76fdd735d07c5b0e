// Projects that test an app with `express-sse-channels/testing`, one for each test runner.
import { join } from 'node:path'

const root = join(__dirname, '../..')

/** What a runner needs, and how to read from its output how many tests have passed. */
export interface RunnerProject {
  readonly runner: string
  readonly type: 'module' | 'commonjs'
  readonly file: string
  readonly code: string
  readonly args: readonly string[]
  passed(output: string): number
}

/** The app: a score, and a route that needs a token. */
const app = `
const live = sse({ fallthrough: false })
const app = express()
app.get('/stream', live, (req, res) => {
  if (req.headers.authorization === undefined) return res.sendStatus(401)
  res.sse.subscribe('game')
})
const headers = { authorization: 'token' }
const publish = (home) => live.channel('game').publish({ event: 'score', data: { home } })
`
const imports = `import express from 'express'
import { sse } from 'express-sse-channels'
import { openStream } from 'express-sse-channels/testing'
`
const requires = `const express = require('express')
const { sse } = require('express-sse-channels')
const { openStream } = require('express-sse-channels/testing')
`

const passedInJson = (output: string) => (JSON.parse(output) as { numPassedTests: number }).numPassedTests

export const runnerProjects: readonly RunnerProject[] = [
  {
    runner: 'Jest',
    type: 'commonjs',
    file: 'app.test.js',
    code: `${requires}${app}
      let stream
      afterEach(() => stream?.close())

      test('a score arrives', async () => {
        stream = await openStream(app, { path: '/stream', headers })
        await publish(1)
        expect((await stream.next('score')).json()).toEqual({ home: 1 })
      })
      test('a score arrives while the clock is faked', async () => {
        jest.useFakeTimers()
        stream = await openStream(app, { path: '/stream', headers, timeout: 100 })
        await expect(stream.next()).rejects.toThrow('no event within 100 ms')
        await publish(2)
        expect((await stream.next()).json()).toEqual({ home: 2 })
        jest.useRealTimers()
      })
      test('a stream without a token is refused', async () => {
        await expect(openStream(app, { path: '/stream' })).rejects.toMatchObject({ status: 401 })
      })
    `,
    args: [join(root, 'node_modules/jest/bin/jest.js'), '--json', '--rootDir', '.', '--config', '{}'],
    passed: passedInJson,
  },
  {
    runner: 'Vitest',
    type: 'module',
    file: 'app.test.ts',
    code: `import { expect, test } from 'vitest'
      ${imports}${app.replaceAll('res.sse.', 'res.sse?.').replace('(home)', '(home: number)')}
      test('a score arrives', async () => {
        await using stream = await openStream<{ score: { home: number } }>(app, { path: '/stream', headers })
        await publish(1)
        expect((await stream.next('score')).json().home).toBe(1)
        await stream.silence(20)
      })
      test('a stream without a token is refused', async () => {
        await expect(openStream(app, { path: '/stream' })).rejects.toThrow('401 Unauthorized')
      })
      test('a missed score arrives later', async () => {
        await using stream = await openStream(app, { path: '/stream', headers })
        await stream.next('sse-ready')
        stream.cut()
        await publish(2)
        await stream.reconnect()
        expect((await stream.next()).json()).toEqual({ home: 2 })
      })
    `,
    args: [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json'],
    passed: passedInJson,
  },
  {
    runner: 'node:test',
    type: 'module',
    file: 'app.test.js',
    code: `import assert from 'node:assert/strict'
      import { test } from 'node:test'
      ${imports}${app}
      test('a score arrives', async (t) => {
        const stream = await openStream(app, { path: '/stream', headers })
        t.after(() => stream.close())
        await publish(1)
        assert.deepEqual((await stream.next('score')).json(), { home: 1 })
      })
      test('a stream without a token is refused', async () => {
        await assert.rejects(openStream(app, { path: '/stream' }), { name: 'RefusedError', status: 401 })
      })
      test('a wrong option is an SseError of the package', async () => {
        const { SseError } = await import('express-sse-channels')
        await assert.rejects(openStream(app, { pth: '/stream' }), SseError)
      })
    `,
    args: ['--test', '--test-reporter=tap', 'app.test.js'],
    passed: (output) => Number(/^# pass (\d+)$/m.exec(output)?.[1]),
  },
]
