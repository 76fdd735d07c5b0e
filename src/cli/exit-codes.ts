// What the exit code says to a script.

export const exitCodes = {
  /** The server has finished the stream, or the user has stopped the program. */
  done: 0,
  /** The server refuses the stream for good, or the output cannot be written. */
  refused: 1,
  /** The command line is wrong, or the first try reached no server. */
  usage: 2,
} as const
