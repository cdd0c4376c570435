import { expect, test } from 'vitest'
import { type AnyEventObject, assign, setup } from 'xstate'
import { endingEvent } from '../../src/runtime/call-rows.ts'
import { type Codec, createCodec } from '../../src/runtime/codec.ts'
import { type Definition, define } from '../../src/runtime/definition.ts'
import { TroupeError } from '../../src/runtime/errors.ts'
import type { Json } from '../../src/runtime/json.ts'
import { fromCall, initial, type Live, serialise, step } from '../../src/runtime/kernel.ts'
import { foreign } from '../../src/runtime/kernel-scope.ts'
import type { StoredLetter } from '../../src/runtime/letter-text.ts'
import { diff } from '../../src/runtime/patch.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import type { ActorRow, JournalRow, StoreReader } from '../../src/runtime/store.ts'
import { referenceMachine } from '../support/reference-system.ts'
import { passTime, world } from '../support/world.ts'

const eventOf = async (store: StoreReader, row: JournalRow): Promise<Json> => {
  const stored = JSON.parse(row.message) as StoredLetter
  if (!stored.$call) return stored.event!
  const call = (await store.call(stored.$call.call))!
  const outcome = (await store.outcomes({ call: call.id })).find((one) => one.seq === stored.$call!.seq)!
  return endingEvent(call.child, stored.$call.ok, stored.$call.ok ? outcome.result : outcome.error)
}

type Replayed = { codec: Codec; definition: Definition; actor: ActorRow; parent: string | null }

/** Every patch of one actor, made again from its messages alone. */
const replay = async (store: StoreReader, { codec, definition, actor, parent }: Replayed, rows: JournalRow[]) => {
  let live: Live | null = null
  let json: Json = null
  const patches: (string | null)[] = []
  for (const row of rows) {
    const event = await eventOf(store, row)
    const identity = { address: actor.address, parent, incarnation: row.incarnation, revision: row.revision }
    const { prepared } = definition
    const input = codec.decode(JSON.parse(actor.input!) as Json, foreign)
    const isBirth = (event as { type: string }).type === 'xstate.init'
    const stepped: { snapshot: Live } = isBirth
      ? initial(prepared, identity, input)
      : step(prepared, identity, live!, codec.decode(event, foreign) as AnyEventObject)
    const next = serialise(codec, prepared, stepped.snapshot)
    const operations = isBirth ? [{ op: 'replace', path: '', value: next }] : diff(json, next)
    patches.push(operations.length === 0 ? null : JSON.stringify(operations))
    live = stepped.snapshot
    json = next
  }
  return patches
}

const replayAll = async ({ store }: Runtime, root: Definition): Promise<number> => {
  const actors = await store.actors()
  for (const actor of actors) {
    const parent = actors.find((one) => one.id === actor.parent)
    const birth = JSON.parse(actor.birth) as { src: string | null }
    const definition = birth.src === null ? root : root.child(birth.src)
    const rows = await store.journal({ actor: actor.id })
    const one = { codec: createCodec(), definition, actor, parent: parent?.address ?? null }
    expect(await replay(store, one, rows)).toEqual(rows.map((row) => row.patch))
  }
  return actors.length
}

test('C8: replaying a whole journal through the kernel gives the same bytes', async () => {
  const machine = referenceMachine()
  const one = world([machine])
  const runtime = await one.open()
  await runtime.spawn(machine, { id: 'run' })
  await passTime(one, runtime)
  expect(await replayAll(runtime, define(machine))).toBe(3)
  await runtime.close()
})

test('C8: a journal written over many openings replays to the same bytes', async () => {
  const machine = referenceMachine()
  const one = world([machine])
  for (let opening = 0; opening < 6; opening++) {
    const runtime = await one.open({ limits: { turnsPerCommit: 1 } })
    if (opening === 0) await runtime.spawn(machine, { id: 'run' })
    one.clock.advance(20)
    await runtime.close({ graceMs: 0 })
  }
  const last = await one.open()
  await passTime(one, last)
  await replayAll(last, define(machine))
  await last.close()
})

test('C8: a failure is told in the same bytes, live and when it is read again, and a turn that changes nothing has no patch', async () => {
  const failing = setup({
    types: { context: {} as { error: unknown }, events: {} as AnyEventObject },
    actors: {
      work: fromCall<null, null>({
        kind: 'tool',
        name: () => 'work',
        interrupted: 'once',
        run: () => Promise.reject(new TroupeError('tool.failed', 'broken', { details: { why: [1] }, place: 'here' })),
      }),
    },
  }).createMachine({
    id: 'failing',
    context: { error: null },
    on: { NOTHING: {} },
    invoke: { src: 'work', input: null, onError: { actions: assign({ error: ({ event }) => event.error }) } },
  })
  const one = world([failing])
  const runtime = await one.open()
  await runtime.spawn(failing, { id: 'f' })
  await runtime.idle()
  await runtime.send('f', { type: 'NOTHING' })
  await replayAll(runtime, define(failing))
  const rows = await runtime.store.journal()
  expect(rows.map((row) => row.patch === null)).toEqual([false, false, true])
  expect(await runtime.snapshot('f')).toMatchObject({
    context: {
      error: { value: { message: 'broken', extra: { code: 'tool.failed', details: { why: [1] }, place: 'here' } } },
    },
  })
  await runtime.close()
})
