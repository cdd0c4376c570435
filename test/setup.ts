// Setup. Owns the seed of the property tests: the same every time, so that what is red stays red. PROPERTY_SEED=<n> tries another.
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 20_261_120) })
