/** Reads the log for a stream. Streams do not know the log: the reader is in `delivery/`. */
export interface StreamReader {
  /** Writes the events that are due, until the socket is full. */
  serve(): void
  /** The socket was full and has drained. */
  onWritable(): void
  close(): void
}
