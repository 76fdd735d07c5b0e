import { MemoryStore } from '../../src/log/memory-store.js'
import { storeContract } from '../../src/store-contract/index.js'

describe('the memory store', () => {
  it.each(storeContract(() => ({ open: () => new MemoryStore() })))('$name', ({ run }) => run())
})
