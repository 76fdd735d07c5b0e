// Waiting for a condition that nothing announces, such as a counter on the server's side of a socket.

const TIMEOUT = 20_000
const PERIOD = 2

/** Settles as soon as a condition holds; rejects with its text when it has not come to hold for a long time. */
export async function until(condition: () => boolean, timeout = TIMEOUT): Promise<void> {
  const deadline = performance.now() + timeout
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeout} ms in vain until ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, PERIOD))
  }
}
