// Writes llms.txt: what the package is, and every page of docs/ with its first sentence. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs'
import { sections } from '../docs/.vitepress/pages.mjs'

const file = new URL('../llms.txt', import.meta.url)
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const [, name, pitch] = /^# (.*)\n\n((?:.+\n)+)/.exec(readme) ?? []
const code = /^```[tj]s\n.*?^```$/ms.exec(readme)?.[0]

const entries = sections.flatMap(({ title, pages }) => {
  const lines = pages.map(({ path, title, summary }) => `- [${title}](${path}): ${summary}`)
  return lines.length === 0 ? [] : [`## ${title}\n\n${lines.join('\n')}`]
})
const text = [`# ${name}`, `> ${pitch.trim().replace(/\n/g, ' ')}`, code, ...entries].join('\n\n') + '\n'

if (!process.argv.includes('--check')) writeFileSync(file, text)
else if (readFileSync(file, 'utf8') !== text) {
  console.error('llms.txt is not current: run node scripts/llms.mjs')
  process.exitCode = 1
}
