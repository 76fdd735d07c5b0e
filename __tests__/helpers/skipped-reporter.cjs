/** A Jest reporter that lists at the end of a run what was skipped, with the line that installs what is missing. */
module.exports = class SkippedReporter {
  onRunComplete(_contexts, { testResults: suites }) {
    const counts = new Map()
    for (const test of suites.flatMap(({ testResults }) => testResults)) {
      // Titles name their reason. Tests that `-t` leaves out have none.
      const reason = /\(skipped: (.*)\)$/
      const skipped = [...test.ancestorTitles, test.title].find((title) => reason.test(title))
      if (test.status !== 'pending' || skipped === undefined) continue
      const [, why] = reason.exec(skipped)
      counts.set(why, (counts.get(why) ?? 0) + 1)
    }
    for (const [why, count] of counts)
      process.stderr.write(`Skipped ${count} ${count === 1 ? 'test' : 'tests'}: ${why}\n`)
  }
}
