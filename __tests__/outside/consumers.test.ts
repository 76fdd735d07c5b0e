// The packed package, installed by apps of every kind.
import { execFileSync, spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { Consumers } from '../helpers/consumer.js'
import { runtimes } from '../helpers/client-runtimes.js'
import { runnerProjects } from '../helpers/runner-projects.js'

/** Publishes a score, reads it with the package's client, and prints it. */
const body = (annotation: string) => `
const app = express()
const live = sse()
app.get('/stream', live, (_req${annotation && ': Request'}, res${annotation && ': Response'}) => {
  res.sse${annotation && '?'}.subscribe('a')
})
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address()${annotation}
  const stream = new EventStream(\`http://127.0.0.1:\${port}/stream\`)
  stream.addEventListener('score', (event) => {
    console.log(event.data)
    stream.close()
    void live.close().then(() => server.close())
  })
  void live.channel('a').publish({ event: 'score', data: { home: 1 }, key: 'score' })
})
`
const imports = `import express from 'express'
import { sse } from 'express-sse-channels'
import { EventStream } from 'express-sse-channels/client'
`
const typeImports = `import type { Request, Response } from 'express'
import type { AddressInfo } from 'node:net'
`
const requires = `const express = require('express')
const { sse } = require('express-sse-channels')
const { EventStream } = require('express-sse-channels/client')
`
const typedRequire = imports.replace(/^import express from 'express'/, "import express = require('express')")

const kinds = [
  { kind: 'JavaScript, ESM', type: 'module', file: 'main.js', code: imports + body('') },
  { kind: 'JavaScript, CJS', type: 'commonjs', file: 'main.js', code: requires + body('') },
  { kind: 'TypeScript, ESM', type: 'module', file: 'main.ts', code: imports + typeImports + body(' as AddressInfo') },
  {
    kind: 'TypeScript, CJS',
    type: 'commonjs',
    file: 'main.ts',
    code: typedRequire + typeImports + body(' as AddressInfo'),
  },
]
const PRINTED = '{"home":1}'

const hasRegistry = process.env.CI === 'true' || spawnSync('npm', ['ping'], { timeout: 10_000 }).status === 0
const suite = hasRegistry ? describe : describe.skip

suite(
  hasRegistry ? 'an app that installs the package' : 'an app (skipped: needs npm’s registry; check: npm ping)',
  () => {
    const consumers = new Consumers()

    beforeAll(async () => {
      await consumers.start()
      await consumers.install('express4', 'express@4', '@types/express@4', '@types/node@20')
      await consumers.install('express5', 'express@5', '@types/express@5', '@types/node@20', 'redis@5')
      await consumers.install('plain', '@types/node@20')
    }, 300_000)
    afterAll(() => consumers.remove())

    describe.each(['express4', 'express5'])('with %s', (express) => {
      it.each(kinds)(
        'runs as $kind',
        async ({ kind, type, file, code }) => {
          const folder = `${express}/${kind.replace(/\W+/g, '-')}`
          await consumers.write(`${folder}/package.json`, JSON.stringify({ type }))
          await consumers.write(`${folder}/${file}`, code)
          if (file.endsWith('.ts')) await consumers.compile(folder)
          expect(await consumers.run(folder, process.execPath, 'main.js')).toBe(PRINTED)
        },
        60_000,
      )
    })

    it('loads the Redis store beside redis 5', async () => {
      const code = `
      const { SseError } = require('express-sse-channels')
      try { require('express-sse-channels/redis').redisStore({}) } catch (error) { console.log(error instanceof SseError) }
    `
      expect(await consumers.run('express5', process.execPath, '--eval', code)).toBe('true')
    })

    it('compiles without the types of Express', async () => {
      await consumers.write('plain/app/package.json', '{ "type": "module" }')
      await consumers.write(
        'plain/app/main.ts',
        `
      import { createServer } from 'node:http'
      import { sse, type SseMiddleware } from 'express-sse-channels'
      import { storeContract } from 'express-sse-channels/store-contract'
      const live: SseMiddleware<{ score: number }> = sse()
      const handler = live.handler((_req, _res, connection) => connection.send({ event: 'score', data: 1 }))
      createServer((req, res) => handler(req, res, () => res.end())).listen(0)
      export { storeContract }
      `,
      )
      await consumers.compile('plain/app')
    }, 60_000)

    it.each(runnerProjects)(
      'tests its streams with $runner',
      async ({ runner, type, file, code, args, ...project }) => {
        const folder = `express5/${runner.replace(/\W/g, '-')}`
        await consumers.write(`${folder}/package.json`, JSON.stringify({ type }))
        await consumers.write(`${folder}/${file}`, code)
        if (runner === 'Vitest') await consumers.link(folder, 'vitest')
        expect(project.passed(await consumers.run(folder, process.execPath, ...args))).toBe(3)
      },
      60_000,
    )

    it('runs the command of the package', async () => {
      const command = 'node_modules/.bin/express-sse-channels'
      const help = await consumers.run('express5', command, '--help')
      const version = await consumers.run('express5', command, '--version')
      expect(help).toContain('Usage: express-sse-channels tail')
      expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    }, 60_000)

    it('gets at most 180 kB', () => {
      expect(statSync(consumers.tarball).size).toBeLessThan(180_000)
      const files = execFileSync('tar', ['-tzf', consumers.tarball], { encoding: 'utf8' }).trim().split('\n')
      expect(files.length).toBeLessThanOrEqual(60)
    })

    for (const { name, path, install, always } of runtimes.filter(({ name }) => name === 'Bun' || name === 'Deno')) {
      const test = path === undefined && !(always && process.env.CI === 'true') ? it.skip : it
      test(
        path === undefined ? `runs on ${name} (skipped: install it with: ${install})` : `runs on ${name}`,
        async () => {
          await consumers.write('express5/runtime/package.json', '{ "type": "module" }')
          await consumers.write(
            'express5/runtime/main.js',
            imports + body('').replace('server.close()', 'process.exit()'),
          )
          const args = name === 'Deno' ? ['run', '--allow-all', '--node-modules-dir=manual', 'main.js'] : ['main.js']
          expect(await consumers.run('express5/runtime', path!, ...args)).toBe(PRINTED)
        },
        60_000,
      )
    }
  },
)
