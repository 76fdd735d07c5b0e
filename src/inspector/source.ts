/** Reads the data for one view of the page. */
export interface Source {
  /** Whether a sample replaces the one before. */
  readonly isState: boolean
  /** Returns what is published; undefined if there is nothing new. */
  sample(): object | undefined
  /** Called when no page watches any more. */
  close?(): void
}
