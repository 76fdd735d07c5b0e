// The programs in the README and in docs/ do what their pages say.
import { pages } from '../helpers/doc-pages.js'
import { tryOut } from '../helpers/doc-program.js'

const programs = pages.flatMap(({ blocks }) => blocks.filter(({ steps }) => steps.length > 0))

describe('a program of the documentation does what its page says', () => {
  it.concurrent.each(programs.map((block) => [block.place, block] as const))('%s', (_, block) => tryOut(block))
})
