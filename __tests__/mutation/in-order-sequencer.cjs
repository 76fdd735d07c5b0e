// Runs the suites in the order in which the configuration names them.
const { default: TestSequencer } = require('@jest/test-sequencer')

module.exports = class InOrderSequencer extends TestSequencer {
  sort(tests) {
    return [...tests].sort((a, b) => placeOf(a) - placeOf(b))
  }
}

function placeOf({ path, context }) {
  return context.config.testMatch.findIndex((pattern) => path.endsWith(pattern.replace('**', '')))
}
