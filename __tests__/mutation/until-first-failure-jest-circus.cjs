/**
 * Runs no more of the tests than are needed to tell whether a mutant survives. Stryker cannot stop Jest at the first
 * failure, and has it load every suite for the tests of one; a broken delivery would leave hundreds waiting in vain.
 *
 * The name is what Stryker knows jest-circus by.
 */
const { createEmptyTestResult } = require('@jest/test-result')
const { default: runSuite } = require('jest-circus/runner')

/** Jest takes a suite without any test for an error. */
const SKIPPED = {
  ...createEmptyTestResult(),
  numPendingTests: 1,
  testResults: [{ ancestorTitles: [], title: '', fullName: '', status: 'pending', failureMessages: [] }],
}

/** The tests of each suite that has run in this process. */
const names = new Map()
/** The mutant that the last failure was for. */
let killed

module.exports = async function runUntilFirstFailure(globalConfig, config, environment, runtime, path, ...rest) {
  const mutant = process.env.__STRYKER_ACTIVE_MUTANT__
  if (mutant !== undefined) {
    if (mutant === killed || !mayMatch(path, globalConfig.testNamePattern)) return { ...SKIPPED }
    stopAtFirstFailure(environment, mutant)
  }
  const result = await runSuite(globalConfig, config, environment, runtime, path, ...rest)
  if (result.testExecError === undefined) {
    names.set(
      path,
      result.testResults.map(({ fullName }) => fullName),
    )
  }
  return result
}

function mayMatch(path, pattern) {
  if (pattern === undefined || !names.has(path)) return true
  const wanted = new RegExp(pattern, 'i')
  return names.get(path).some((name) => wanted.test(name))
}

function stopAtFirstFailure(environment, mutant) {
  const handle = environment.handleTestEvent?.bind(environment)
  environment.handleTestEvent = async (event, state) => {
    await handle?.(event, state)
    if (event.name === 'test_start' && mutant === killed) event.test.mode = 'skip'
    if (event.name === 'test_done' && event.test.errors.length > 0) killed = mutant
  }
}
