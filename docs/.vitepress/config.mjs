// The site: the Markdown of this repository as it is, so that links work here as they do in the repository.
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { slug } from 'github-slugger'
import { defineConfig } from 'vitepress'
import { sections } from './pages.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const reference = new URL('../api/typedoc-sidebar.json', import.meta.url)
const anchor = { slugify: slug }
const icon = encodeURIComponent(readFileSync(join(root, 'example-app/public/icon.svg'), 'utf8'))

/** `docs/channels.md` → `/docs/channels` */
const address = (path) => `/${path.replace(/\.md$/, '')}`

const sidebar = sections.map(({ title, pages }) => ({
  text: title,
  items: pages.map(({ path, title }) => ({ text: title, link: address(path) })),
}))

export default defineConfig({
  title: 'express-sse-channels',
  description: 'Server-Sent Events for Express and Connect',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `data:image/svg+xml,${icon}` }]],
  srcDir: '..',
  srcExclude: ['{__tests__,coverage,dist,example-app,reports,scripts,src,.stryker-tmp}/**'],
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  markdown: {
    anchor,
    headers: { slugify: slug },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  themeConfig: {
    nav: [
      { text: 'Get started', link: '/docs/getting-started' },
      { text: 'Recipes', link: '/docs/recipes' },
      { text: 'API', link: '/docs/api/' },
    ],
    sidebar: [
      { text: 'Overview', link: '/' },
      ...sidebar,
      {
        text: 'API reference',
        link: '/docs/api/',
        collapsed: true,
        items: existsSync(reference) ? JSON.parse(readFileSync(reference, 'utf8')).map((item) => apiItem(item)) : [],
      },
      {
        text: 'The project',
        items: [
          { text: 'Changelog', link: '/CHANGELOG' },
          { text: 'Security', link: '/SECURITY' },
          { text: 'Contributing', link: '/CONTRIBUTING' },
          { text: 'Benchmarks', link: '/bench/README' },
        ],
      },
    ],
    outline: [2, 3],
    search: { provider: 'local' },
  },
  buildEnd({ outDir, pages }) {
    // llms.txt names the pages as Markdown.
    for (const path of ['llms.txt', 'README.md', ...pages]) {
      const file = join(root, path)
      if (existsSync(file)) cpSync(file, join(outDir, path))
    }
  },
})

/**
 * An entry of TypeDoc's sidebar, with the link that the site has. A group such as "Functions" links to its heading on the
 * module's page: without a link, the theme nests its arrow, a button, in another button.
 */
function apiItem({ text, link, items, collapsed }, module) {
  const page = link ? `/docs${link.replace(/\.md$/, '')}` : `${module}#${slug(text)}`
  return { text, link: page, ...(items && { items: items.map((item) => apiItem(item, page)), collapsed }) }
}
