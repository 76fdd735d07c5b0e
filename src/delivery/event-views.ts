/** Events as filters see them, so that an event is decoded once for all filters that are asked in a pass. */
import { sharedEvent, type PublishedEvent, type ViewedEvent } from '../log/published-event.js'

/** A connection that resumes reads many events that no other one reads in the same pass. */
const MOST = 1000

export class EventViews {
  readonly #views = new Map<ViewedEvent, PublishedEvent>()

  of(event: ViewedEvent, epoch: string): PublishedEvent {
    let view = this.#views.get(event)
    if (view === undefined) {
      if (this.#views.size >= MOST) this.#views.clear()
      this.#views.set(event, (view = sharedEvent(event, epoch)))
    }
    return view
  }

  clear(): void {
    if (this.#views.size > 0) this.#views.clear()
  }
}
