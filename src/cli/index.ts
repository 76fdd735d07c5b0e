#!/usr/bin/env node
// The program `express-sse-channels`. Events go to stdout, everything else to stderr.
import { commandLine, UsageError, type Command } from './command-line.js'
import { exitCodes } from './exit-codes.js'
import { help, version } from './help.js'
import { tail } from './tail.js'

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  try {
    return await run(commandLine(args))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\nSee: express-sse-channels --help`)
    return exitCodes.usage
  }
}

async function run(command: Command): Promise<number> {
  if (command.name === 'tail') return tail(command)
  console.log(command.name === 'help' ? help : version())
  return exitCodes.done
}
