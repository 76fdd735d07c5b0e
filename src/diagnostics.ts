/**
 * Channels of `node:diagnostics_channel` that tell what happens inside. Check `hasSubscribers` before you build a message,
 * so that nothing is built while nobody listens. The messages are described in diagnostics-messages.ts.
 */
import { channel } from 'node:diagnostics_channel'

export const diagnostics = {
  open: channel('express-sse-channels:open'),
  close: channel('express-sse-channels:close'),
  publish: channel('express-sse-channels:publish'),
  gap: channel('express-sse-channels:gap'),
  shed: channel('express-sse-channels:shed'),
  stall: channel('express-sse-channels:stall'),
  store: channel('express-sse-channels:store'),
}
