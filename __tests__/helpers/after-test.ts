// Undoing what a test has set up: helpers that open something register here how it is closed.

const undoings: (() => unknown)[] = []

/** Runs a function when the test that is running has ended, whatever its outcome; the last one registered runs first. */
export function afterTest(undo: () => unknown): void {
  undoings.push(undo)
}

afterEach(async () => {
  for (const undo of undoings.splice(0).reverse()) await undo()
})
