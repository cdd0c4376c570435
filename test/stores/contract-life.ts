// Contract of a store's life: opening, owning, failing, closing.
import { expect, test } from 'vitest'
import type { Store } from '../../src/runtime/store.ts'
import type { WithPlace } from './contract.ts'
import { dump } from './dump.ts'
import { actorRow, commitOf, everyWrite, mailRow } from './rows.ts'

const code = (wanted: string) => expect.objectContaining({ code: wanted })

const readCalls: readonly ((store: Store) => Promise<unknown>)[] = [
  (store) => store.meta(),
  (store) => store.actor('run-1'),
  (store) => store.actorById(1),
  (store) => store.actors(),
  (store) => store.snapshot(1),
  (store) => store.journal(),
  (store) => store.mail(),
  (store) => store.calls(),
  (store) => store.call(1),
  (store) => store.outcomes({ call: 1 }),
  (store) => store.pending(),
  (store) => store.blob('b1'),
  (store) => store.runs(),
  (store) => store.run('run-1'),
  (store) => store.ledger(),
  (store) => store.dead(),
  (store) => store.receipt('m-1'),
  (store) => store.conservation(),
]

export const lifeContract = (withPlace: WithPlace): void => {
  test(
    'C29: each opening raises the epoch by one and returns what meta() returns',
    withPlace(async (place) => {
      for (const epoch of [1, 2, 3]) {
        const store = place.store()
        const meta = await store.open({ now: 1000 })
        expect(meta).toMatchObject({ schema: 1, epoch, seq: 0, at: 1000 })
        expect(await store.meta()).toEqual(meta)
        await store.close()
      }
    }),
  )

  test(
    'one store object can be closed and opened again, with all it held',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 0 })
      await store.commit(commitOf(epoch, 22, everyWrite))
      const before = await dump(store)
      await store.close()
      expect(await store.open({ now: 0 })).toMatchObject({ epoch: 2, seq: 22 })
      expect(await dump(store)).toEqual(before)
    }),
  )

  test(
    'a store that is not open refuses every call with store.closed, and closing it twice does nothing',
    withPlace(async (place) => {
      const store = place.store()
      const refuses = async () => {
        for (const call of readCalls) await expect(call(store)).rejects.toEqual(code('store.closed'))
        await expect(store.commit(commitOf(1, 1, []))).rejects.toEqual(code('store.closed'))
      }
      await store.close()
      await refuses()
      await store.open({ now: 0 })
      await store.close()
      await store.close()
      await refuses()
    }),
  )

  test(
    'C28: a second opening is refused with the pid of the holder and disturbs nothing',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 1234 })
      const second = place.store()
      const refused = expect.objectContaining({
        code: 'store.locked',
        message: expect.stringContaining(`${process.pid}`),
        details: expect.objectContaining({ pid: process.pid, since: 1234 }),
      })
      await expect(second.open({ now: 0 })).rejects.toEqual(refused)
      await second.close()
      await expect(place.store().open({ now: 0 })).rejects.toEqual(refused)
      await store.commit(commitOf(epoch, 1, []))
      await store.close()
      expect(await opened(second).open({ now: 0 })).toMatchObject({ epoch: epoch + 1, seq: 1 })
    }),
  )

  test(
    'C29: a writer whose epoch was raised elsewhere is fenced and writes nothing',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 0 })
      await store.commit(commitOf(epoch, 22, everyWrite))
      const before = await dump(store)
      await place.raiseEpoch()
      const fenced = store.commit(commitOf(epoch, 30, [{ do: 'mail.add', row: mailRow(30, 1) }]))
      await expect(fenced).rejects.toEqual(code('store.fenced'))
      expect(await dump(store)).toEqual(before)
      await expect(store.commit(commitOf(epoch, 30, []))).rejects.toEqual(code('store.failed'))
    }),
  )

  test(
    'C30: after a failed commit every later one is refused with the cause, also those already sent, and reading goes on',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 0 })
      await store.commit(commitOf(epoch, 22, everyWrite))
      const before = await dump(store)
      const sent = [30, 31, 32].map((seq) =>
        store.commit(commitOf(epoch, seq, [{ do: 'mail.add', row: mailRow(seq === 30 ? 13 : seq, 1) }])),
      )
      const answers = await Promise.allSettled(sent)
      const reasons = answers.map((answer) => (answer.status === 'rejected' ? answer.reason : 'accepted'))
      expect(reasons).toEqual([code('store.conflict'), code('store.failed'), code('store.failed')])
      const later = store.commit(commitOf(epoch, 33, []))
      await expect(later).rejects.toMatchObject({ code: 'store.failed', cause: { code: 'store.conflict' } })
      expect(await dump(store)).toEqual(before)
      await store.close()
      const meta = await store.open({ now: 0 })
      await store.commit(commitOf(meta.epoch, 23, [{ do: 'actor.add', row: actorRow(23) }]))
      expect(await store.actorById(23)).toEqual(actorRow(23))
    }),
  )

  test(
    'C26: the recorded time never goes backwards, whatever an opening or a commit says',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 5000 })
      await store.commit(commitOf(epoch, 1, [], { at: 4000 }))
      expect(await store.meta()).toMatchObject({ at: 5000 })
      await store.commit(commitOf(epoch, 1, [], { at: 6000 }))
      await store.close()
      expect(await store.open({ now: 10 })).toMatchObject({ at: 6000 })
    }),
  )
}
