// The app's JSON routes.

export async function getJson(path) {
  return answerOf(await fetch(path, { headers: { accept: 'application/json' } }))
}

export async function sendJson(method, path, body) {
  const headers = { 'content-type': 'application/json' }
  return answerOf(await fetch(path, { method, headers, body: JSON.stringify(body) }))
}

async function answerOf(response) {
  const body = response.status === 204 ? undefined : await response.json()
  if (!response.ok) throw new Error(body.error)
  return body
}
