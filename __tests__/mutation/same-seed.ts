// A fixed seed, so that the survival of a mutant does not depend on random examples.
import fc from 'fast-check'

fc.configureGlobal({ seed: 1 })
