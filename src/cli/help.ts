// What `--help` and `--version` print.
import { createRequire } from 'node:module'

export const help = `Usage: express-sse-channels tail <URL> [options]

Prints the events of an event stream. Reconnects and resumes when the connection is lost, and says so on stderr.

Options:
  -H, --header <name: value>  send a request header; may be repeated
      --event <type>          print events of this type only; may be repeated
      --last-event-id <ID>    resume after this event
      --json                  print each event as a line of JSON: time, type, id, data
  -h, --help                  print this text
  -v, --version               print the version

Control events, such as sse-gap, are printed if --event names them.

Exit codes:
  0  the server has finished the stream, or Ctrl-C was pressed
  1  the server refuses the stream, such as with 401, or the output cannot be written
  2  the command line is wrong, or the first try reached no server

Example:
  npx express-sse-channels tail http://localhost:3000/games/42/stream --event score --json`

export function version(): string {
  const load = createRequire(import.meta.url)
  return (load('express-sse-channels/package.json') as { version: string }).version
}
