// The recipes of docs/react-vue-svelte.md as programs: bundled as an app bundles them, and run in a page of jsdom.
import { join } from 'node:path'
import { build, type Loader, type Plugin } from 'esbuild'
import { JSDOM } from 'jsdom'
import { compile } from 'svelte/compiler'
import { compileScript, parse } from 'vue/compiler-sfc'
import { afterTest } from './after-test.js'
import { pages } from './doc-pages.js'

const root = join(__dirname, '../..')
const { blocks } = pages.find(({ path }) => path === 'docs/react-vue-svelte.md')!

/** The block that contains a text. */
function blockWith(language: string, text: string): string {
  const found = blocks.filter(({ language: own, code }) => own === language && code.includes(text))
  if (found.length !== 1) throw new Error(`${found.length} ${language} blocks contain ${text}`)
  return found[0]!.code
}

const withScores = (code: string) => `import { followScores, type Score } from './scores'\n${code}`

/** The files of the recipes. A block that leaves out the import of `scores.ts` gets it here. */
const files: Record<string, () => [code: string, loader: Loader]> = {
  './scores': () => [blockWith('ts', 'export function followScores'), 'ts'],
  './Scores.tsx': () => [withScores(blockWith('tsx', 'export function Scores')), 'tsx'],
  './use-scores': () => [withScores(blockWith('ts', 'export function useScores')), 'ts'],
  './Scores.vue': () => {
    const { descriptor } = parse(blockWith('vue', 'useScores'))
    return [compileScript(descriptor, { id: 'scores', inlineTemplate: true }).content, 'ts']
  },
  './Scores.svelte': () => [compile(blockWith('svelte', '$scores'), { generate: 'client' }).js.code, 'js'],
}

/** Each exports `mount`, which returns the function that unmounts. */
const entries = {
  React: `
    import { createElement, StrictMode } from 'react'
    import { createRoot } from 'react-dom/client'
    import { Scores } from './Scores.tsx'
    export function mount(target, url) {
      const root = createRoot(target)
      root.render(createElement(StrictMode, null, createElement(Scores, { url })))
      return () => root.unmount()
    }`,
  Vue: `
    import { createApp } from 'vue'
    import Scores from './Scores.vue'
    export function mount(target, url) {
      const app = createApp(Scores, { url })
      app.mount(target)
      return () => app.unmount()
    }`,
  Svelte: `
    import { mount as mountComponent, unmount } from 'svelte'
    import Scores from './Scores.svelte'
    export function mount(target, url) {
      const component = mountComponent(Scores, { target, props: { url } })
      return () => unmount(component)
    }`,
}

export type Framework = keyof typeof entries

const recipes: Plugin = {
  name: 'recipes',
  setup(build) {
    build.onResolve({ filter: /^\.\// }, ({ path, namespace, importer }) =>
      importer === '<stdin>' || namespace === 'recipe' ? { path, namespace: 'recipe' } : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'recipe' }, ({ path }) => {
      const [contents, loader] = files[path]!()
      return { contents, loader, resolveDir: root }
    })
  },
}

async function bundle(framework: Framework): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entries[framework], resolveDir: root },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'recipe',
    platform: 'browser',
    conditions: ['browser', 'production'],
    // As in development, where React mounts twice.
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    jsx: 'automatic',
    alias: { 'express-sse-channels/client': join(root, 'src/client/index.ts') },
    plugins: [recipes],
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}

/** The globals of the page. All others, such as `fetch`, are those of Node, because jsdom lacks them. */
const DOM = ['window', 'document', 'navigator', 'Node', 'Element', 'HTMLElement', 'SVGElement', 'Text', 'Comment']

/** A recipe on a page of its own. */
export async function mountRecipe(framework: Framework, url: string) {
  const { window } = new JSDOM('<div id="app"></div>', { url })
  const code = await bundle(framework)
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the bundle is this repository's own
  const run = new Function(...DOM, `${code}\nreturn recipe`) as (...globals: unknown[]) => {
    mount: (target: Element, url: string) => () => void
  }
  const target = window.document.querySelector('#app')!
  /** What the page has shown, without repetitions. */
  const shown: string[] = []
  const note = () => {
    const text = Array.from(target.querySelectorAll('li'), (item) => item.textContent).join(', ')
    if (text !== shown.at(-1)) shown.push(text)
  }
  new window.MutationObserver(note).observe(target, { childList: true, subtree: true, characterData: true })
  const { mount } = run(...DOM.map((name) => (window as unknown as Record<string, unknown>)[name]))
  // A relative URL is resolved against the document, which EventStream looks up in `globalThis`.
  Object.assign(globalThis, { document: window.document })
  afterTest(() => {
    Reflect.deleteProperty(globalThis, 'document')
    window.close()
  })
  const unmount = mount(target, '/scores')
  return { shown, unmount }
}
