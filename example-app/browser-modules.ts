// The modules that the page does not have in public/: the client of this package, and the words that the server uses too.
// They are TypeScript, and are turned into JavaScript when the server starts. An app that has this package installed serves
// the client from node_modules/express-sse-channels/dist/client/browser.js instead.
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import express, { type Router } from 'express'

const modules = {
  '/client.js': '../src/client/index.ts',
  '/match-words.js': 'words/match-words.ts',
  '/stock-words.js': 'words/stock-words.ts',
}

export function browserModules(directory: string): Router {
  const router = express.Router()
  for (const [path, file] of Object.entries(modules)) {
    const text = bundle(join(directory, file))
    router.get(path, (_req, res) => void res.type('text/javascript').send(text))
  }
  return router
}

function bundle(file: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [file],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  })
  return outputFiles[0]?.text ?? ''
}
