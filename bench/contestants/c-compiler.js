import { spawnSync } from 'node:child_process'

const version = spawnSync('cc', ['--version'], { encoding: 'utf8' }).stdout?.split('\n')[0]

/** The first line of `cc --version`; undefined where there is no C compiler. */
export const compilerVersion = version

/** Compiles one C file; what the compiler says goes to standard error. */
export function compile(source, program) {
  const { status } = spawnSync('cc', ['-O2', '-Wall', '-o', program, source], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error(`cc could not compile ${source}`)
}
