// The pages of docs/ in the order of the sidebar. llms.txt is made from this list too.
import { readdirSync, readFileSync } from 'node:fs'

const docs = new URL('../', import.meta.url)

const groups = {
  Start: ['getting-started', 'recipes', 'typescript', 'frameworks', 'testing', 'command'],
  'Publish and subscribe': ['channels', 'replay', 'rendering', 'snapshots', 'update-windows', 'streaming', 'auth'],
  Browsers: ['client', 'many-tabs', 'react-vue-svelte', 'dev-proxies'],
  'In production': [
    ...['deploying', 'proxies', 'middlewares', 'redis', 'scale'],
    ...['monitoring', 'inspector', 'compression', 'coalescing', 'troubleshooting'],
  ],
  Reference: ['options', 'errors', 'protocol', 'stores', 'versioning', 'node-versions'],
  Security: ['security', 'hostile-clients'],
  'Why this package': ['comparison', 'performance', 'migrating', 'mutation'],
}

/** Names of the pages that are in docs/ and in no group. */
export const unlisted = readdirSync(docs).flatMap((file) => {
  const name = /^(.*)\.md$/.exec(file)?.[1]
  return name === undefined || Object.values(groups).flat().includes(name) ? [] : [name]
})

/** Each group with the path, title and first sentence of its pages. */
export const sections = Object.entries(groups).map(([title, names]) => ({
  title,
  pages: names.map(readPage),
}))

function readPage(name) {
  const text = readFileSync(new URL(`${name}.md`, docs), 'utf8')
  const [, title = '', paragraph = ''] = /^# (.*)\n\n(.*(?:\n.+)*)/.exec(text) ?? []
  return { path: `docs/${name}.md`, title: withoutMarkup(title), summary: firstSentence(withoutMarkup(paragraph)) }
}

function firstSentence(text) {
  const [sentence = text] = /^.*?[.!?](?=\s|$)/.exec(text) ?? []
  return sentence.replace(/:$/, '.')
}

function withoutMarkup(text) {
  return text
    .replace(/\n/g, ' ')
    .replace(/`/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
}
