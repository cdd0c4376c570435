// Call run. Owns one attempt of a call: its deadline, its signal, and the values it stores along with its result.
import type { CallContext, CallResult } from './call.ts'
import { TroupeError } from './errors.ts'
import { blobHash } from './hash.ts'
import type { Core, OpenCall } from './state.ts'

type About = Pick<CallContext, 'callId' | 'attempt' | 'address' | 'run' | 'signal'>

const defaultTimeout = 600_000

/** Runs one attempt. What it put into the store's blobs joins the batch that delivers its result. */
export const runCall = async (core: Core, call: OpenCall, about: About, input: never): Promise<CallResult<unknown>> => {
  const staged = new Map<string, string>()
  const { spec } = call
  const limit = (typeof spec.timeoutMs === 'function' ? spec.timeoutMs(input) : spec.timeoutMs) ?? defaultTimeout
  const context: CallContext = {
    ...about,
    clock: core.clock,
    random: core.random,
    blobs: {
      get: async (hash) => staged.get(hash) ?? readBlob(core, hash),
      put: (data) => {
        const hash = blobHash(data)
        staged.set(hash, data)
        return hash
      },
    },
    progress: (part) =>
      core.observePart({ address: about.address, run: about.run, call: about.callId, attempt: about.attempt, part }),
  }
  const result = await withDeadline(core, call, limit, () => spec.run(input, context))
  for (const [hash, data] of staged) core.blobs.write(hash, data)
  return result
}

const readBlob = async (core: Core, hash: string): Promise<string> => {
  const data = await core.blobs.read(hash)
  if (data !== null) return data
  throw new TroupeError(
    'store.corrupt',
    `the store has no blob ${hash}, though something refers to it; restore the store from a copy`,
    { place: hash },
  )
}

const withDeadline = async <T>(core: Core, call: OpenCall, limit: number, work: () => Promise<T>): Promise<T> => {
  const { promise: expired, reject } = Promise.withResolvers<never>()
  const timer = core.clock.setTimer(core.clock.now() + limit, () => {
    const error = new TroupeError(
      'call.timeout',
      `${call.row.kind} "${call.row.name}" gave no answer within ${limit} ms; make its work smaller or its timeout longer`,
      { retryable: true },
    )
    reject(error)
    call.controller?.abort(error)
  })
  try {
    return await Promise.race([work(), expired])
  } finally {
    timer.clear()
  }
}
