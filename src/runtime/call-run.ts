// Call run. Owns one attempt of a call: its deadline, its signal, and the values it stores along with its result.
import type { CallContext, CallResult } from './call.ts'
import { TroupeError } from './errors.ts'
import { blobHash } from './hash.ts'
import type { Core, OpenCall } from './state.ts'

type About = Pick<CallContext, 'callId' | 'attempt' | 'address' | 'run' | 'signal'>
type Attempt = {
  core: Core
  call: OpenCall
  about: About
  input: never
  /** Told of a result that comes after the deadline. */
  tooLate(result: CallResult<unknown>): void
}

const defaultTimeout = 600_000

/** Runs one attempt. What it put into the store's blobs joins the batch that delivers its result. */
export const runCall = async (attempt: Attempt): Promise<CallResult<unknown>> => {
  const { core, call, input } = attempt
  const staged = new Map<string, string>()
  const { spec } = call
  const limit = (typeof spec.timeoutMs === 'function' ? spec.timeoutMs(input) : spec.timeoutMs) ?? defaultTimeout
  const context = contextOf(attempt, staged)
  const result = await withDeadline(attempt, limit, async () => spec.run(input, context))
  for (const [hash, data] of staged) core.blobs.write(hash, data)
  return result
}

const contextOf = ({ core, about }: Attempt, staged: Map<string, string>): CallContext => ({
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
})

const readBlob = async (core: Core, hash: string): Promise<string> => {
  const data = await core.blobs.read(hash)
  if (data !== null) return data
  throw new TroupeError(
    'store.corrupt',
    `the store has no blob ${hash}, though something refers to it; restore the store from a copy`,
    { place: hash },
  )
}

type Work = () => Promise<CallResult<unknown>>

const timeout = ({ call }: Attempt, limit: number): TroupeError =>
  new TroupeError(
    'call.timeout',
    `${call.row.kind} "${call.row.name}" gave no answer within ${limit} ms; make its work smaller or its timeout longer`,
    { retryable: true },
  )

const withDeadline = (attempt: Attempt, limit: number, work: Work): Promise<CallResult<unknown>> => {
  const { core, call, tooLate } = attempt
  const { controller } = call
  const { promise, resolve, reject } = Promise.withResolvers<CallResult<unknown>>()
  let isOver = false
  const timer = core.clock.setTimer(core.clock.now() + limit, () => {
    isOver = true
    const error = timeout(attempt, limit)
    reject(error)
    controller?.abort(error)
  })
  const ended = (end: () => void) => {
    timer.clear()
    end()
  }
  work().then(
    (result) => ended(() => (isOver ? tooLate(result) : resolve(result))),
    (error: unknown) => ended(() => reject(error)), // a failure that comes too late is no news
  )
  return promise
}
