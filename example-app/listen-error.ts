// What a server prints if it cannot listen: the reason, and the command that avoids it.

export function listenError({ code, message }: NodeJS.ErrnoException, port: number, command: string): string {
  if (code === 'EADDRINUSE') return `Port ${port} is taken. Take a free one: ${command}`
  if (code === 'EACCES') return `Port ${port} needs more rights. Take a free one: ${command}`
  return `Port ${port}: ${message}`
}
