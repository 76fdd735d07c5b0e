/** Calls between the driver and its child processes, over Node's IPC channel. */

/** In a child: answer calls with these methods; when the driver lets go, clean up and end. */
export function answer(methods, { cleanUp = () => {} } = {}) {
  const reply = (message) => process.connected && process.send(message, () => {}) // the driver may have left meanwhile
  process.on('message', async ({ id, method, args }) => {
    try {
      reply({ id, value: await methods[method](...args) })
    } catch (error) {
      reply({ id, error: error.message })
    }
  })
  process.on('disconnect', async () => {
    await cleanUp()
    process.exit()
  })
}

/** In the driver: an object whose every method is a call to that child. A child that dies rejects what is pending. */
export function caller(child) {
  const pending = new Map()
  let lastId = 0
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = pending.get(id)
    pending.delete(id)
    if (error === undefined) resolve(value)
    else reject(new Error(error))
  })
  child.on('exit', (code, signal) => {
    for (const { reject } of pending.values()) reject(new Error(`process ended with ${signal ?? code}`))
    pending.clear()
  })
  const call = (method, args) =>
    new Promise((resolve, reject) => {
      pending.set(++lastId, { resolve, reject })
      child.send({ id: lastId, method, args })
    })
  return new Proxy(
    {},
    // An object with a `then` would be taken for a promise by `await`.
    { get: (_, method) => (method === 'then' ? undefined : (...args) => call(method, args)) },
  )
}
