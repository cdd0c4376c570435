// Call start. Owns starting attempts: in the order they were asked for, as many at once as are allowed.
//   R1. A call starts only after the commit that says so (C16); its id never changes.
import type { CallResult } from './call.ts'
import { fail, late, succeed } from './call-end.ts'
import { callId, outcome, pendingRow } from './call-rows.ts'
import { runCall } from './call-run.ts'
import type { Json } from './json.ts'
import { foreign } from './kernel-scope.ts'
import { type Core, now, type OpenCall } from './state.ts'
import type { CallRow } from './store.ts'

/** Input as the spec takes it. The cast is true because the machine that names the spec made the input. */
export const inputOf = (core: Core, row: Pick<CallRow, 'input'>): never =>
  core.codec.decode(JSON.parse(row.input) as Json, foreign) as never

/** Whether one more call may run now. */
export const hasPlace = (core: Core): boolean => core.running.size < core.limits.calls && !core.draining

/** Starts what waits in line, as far as there is room. */
export const startQueued = (core: Core): void => {
  while (core.queued.length > 0 && hasPlace(core)) {
    const call = core.queued.shift()!
    if (!call.over) startAgain(core, call)
  }
}

/** An attempt: its start is committed before the request leaves (R1). */
const startAgain = (core: Core, call: OpenCall): void => {
  call.attempt++
  call.row = { ...call.row, startedAt: now(core) }
  outcome(core, call, { status: 'started' })
  startAfterCommit(core, call)
}

/** Lets an attempt leave once the open batch is durable. */
export const startAfterCommit = (core: Core, call: OpenCall): void => {
  core.running.add(call)
  call.phase = 'gated'
  core.writer.write({ do: 'pending.put', row: pendingRow(call) })
  core.writer.after(() => launch(core, call))
}

const launch = (core: Core, call: OpenCall): void => {
  if (call.over || core.closing) return
  call.phase = 'running'
  const { attempt } = call
  call.controller = new AbortController()
  const { address, run } = call.entry.row
  const about = { callId: callId(address, call.row), attempt, address, run, signal: call.controller.signal }
  /** Nothing is written any more by a runtime that is gone. */
  const whileAlive = (work: () => void) => {
    if (core.failure || core.closing) return
    try {
      work()
    } catch (error) {
      core.fail(error)
    }
    core.wake()
  }
  const isOver = () => call.over || call.attempt !== attempt || call.phase !== 'running'
  const tooLate = (result: CallResult<unknown>) => whileAlive(() => late(core, call, attempt, result))
  void runCall({ core, call, about, input: inputOf(core, call.row), tooLate }).then(
    (result) => whileAlive(() => (isOver() ? late(core, call, attempt, result) : succeed(core, call, result))),
    (error: unknown) => whileAlive(() => void (isOver() || fail(core, call, error))),
  )
}
