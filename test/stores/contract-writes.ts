// Contract of commits: whole or not at all, in order, checked.
import { expect, test } from 'vitest'
import type { Write } from '../../src/runtime/store.ts'
import type { WithPlace } from './contract.ts'
import { dump } from './dump.ts'
import { actorRow, callRow, commitOf, counters, everyWrite, journalRow, ledgerRow, mailRow, runRow } from './rows.ts'

const code = (wanted: string) => expect.objectContaining({ code: wanted })

const turn = (id: number, revision: number, set: Partial<Extract<Write, { do: 'actor.set' }>> = {}): Write => ({
  do: 'actor.set',
  ...{ id, incarnation: 1, revision, nextIncarnation: 1, nextRevision: revision + 1 },
  ...{ status: 'active', state: `"r${revision + 1}"` },
  ...set,
})

export const writeContract = (withPlace: WithPlace): void => {
  const refused = (name: string, wanted: string, writes: readonly Write[], seq = 40) =>
    test(
      name,
      withPlace(async (place, opened) => {
        const store = opened(place.store())
        const { epoch } = await store.open({ now: 0 })
        await store.commit(commitOf(epoch, 22, everyWrite))
        const before = await dump(store)
        await expect(store.commit(commitOf(epoch, seq, writes))).rejects.toEqual(code(wanted))
        expect(await dump(store)).toEqual(before)
        await store.close()
        await store.open({ now: 0 })
        expect(await dump(store)).toEqual(before)
      }),
    )
  const neighbour: Write = { do: 'journal.add', row: journalRow(31, 1, 2) }

  refused('C9: another revision is a conflict and writes nothing', 'store.conflict', [neighbour, turn(1, 2)])
  refused('C9: another incarnation is a conflict and writes nothing', 'store.conflict', [neighbour, turn(2, 2)])
  refused('C9: an actor that is not there is a conflict', 'store.conflict', [neighbour, turn(77, 1)])
  refused('C9: a second turn from one revision in one commit is a conflict', 'store.conflict', [turn(1, 1), turn(1, 1)])
  refused('C43: a commit below the highest number given is a conflict', 'store.conflict', [], 21)
  const taken: readonly (readonly [string, Write])[] = [
    ['actor id', { do: 'actor.add', row: actorRow(1, { address: 'new' }) }],
    ['address', { do: 'actor.add', row: actorRow(30, { address: 'run-1' }) }],
    ['journal number', { do: 'journal.add', row: journalRow(10, 1, 9) }],
    ['mail number', { do: 'mail.add', row: mailRow(13, 2) }],
    ['call id', { do: 'call.add', row: callRow(16, 1) }],
    ['receipt id', { do: 'receipt.add', row: { id: 'm-1', hash: 'other', seq: 30, at: 70 } }],
  ]
  for (const [what, write] of taken) {
    refused(`C43: a ${what} that is taken is a conflict and nothing beside it is written`, 'store.conflict', [
      neighbour,
      write,
    ])
  }

  test(
    'C6: whatever the statement a commit fails at, none of it is visible and the store opens again',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      let { epoch } = await store.open({ now: 0 })
      await store.commit(commitOf(epoch, 5, [{ do: 'journal.add', row: journalRow(5, 9, 1) }]))
      const before = await dump(store)
      const failing: Write = { do: 'journal.add', row: journalRow(5, 9, 1) }
      for (let k = 0; k <= everyWrite.length; k += 1) {
        const writes = everyWrite.toSpliced(k, 0, failing)
        await expect(store.commit(commitOf(epoch, 22, writes))).rejects.toEqual(code('store.conflict'))
        expect(await dump(store)).toEqual(before)
        await store.close()
        epoch = (await store.open({ now: 0 })).epoch
      }
      expect(await dump(store)).toEqual(before)
      await store.commit(commitOf(epoch, 22, everyWrite))
      expect((await store.meta()).seq).toBe(22)
    }),
  )

  test(
    'C6: a commit that fails after replacing, dropping and pruning rows leaves them as they were',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 0 })
      await store.commit(commitOf(epoch, 22, everyWrite))
      const before = await dump(store)
      const changes: Write[] = [
        turn(1, 1),
        { do: 'snapshot.put', row: { actor: 2, revision: 2, data: '{"b":2}' } },
        { do: 'journal.trim', before: 40 },
        { do: 'mail.attempt', seq: 13, attempts: 7 },
        ...[13, 14, 15].map((seq): Write => ({ do: 'mail.drop', seq })),
        ...[16, 17].map((call): Write => ({ do: 'pending.drop', call })),
        { do: 'run.put', row: runRow('run-1') },
        { do: 'ledger.put', row: ledgerRow('run-1', { calls: 99 }) },
        { do: 'dead.drop', seq: 21 },
        { do: 'receipt.prune', before: 100 },
        { do: 'call.add', row: callRow(16, 1) },
      ]
      await expect(store.commit(commitOf(epoch, 30, changes))).rejects.toEqual(code('store.conflict'))
      expect(await dump(store)).toEqual(before)
    }),
  )

  test(
    'commits apply in the order they were called, without waiting for each other',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 0 })
      const landed: number[] = []
      const turns = Array.from({ length: 50 }, (_, index) => index + 1)
      const sent = turns.map((revision) => {
        const writes: Write[] = [
          turn(1, revision),
          { do: 'journal.add', row: journalRow(revision + 1, 1, revision + 1) },
        ]
        if (revision === 1) writes.unshift({ do: 'actor.add', row: actorRow(1) })
        return store.commit(commitOf(epoch, revision + 1, writes)).then(() => landed.push(revision))
      })
      await Promise.all(sent)
      expect(landed).toEqual(turns)
      expect(await store.actorById(1)).toMatchObject({ revision: 51, state: '"r51"' })
      expect(await store.journal({ actor: 1, after: 49 })).toEqual([journalRow(50, 1, 50), journalRow(51, 1, 51)])
    }),
  )

  test(
    'each commit records the number, the time and the counters, also when it writes nothing else',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 0 })
      const other = { accepted: 1, applied: 2, dead: 3, expired: 4, purged: 5 }
      await store.commit(commitOf(epoch, 7, [], { at: 10, counters }))
      await store.commit(commitOf(epoch, 8, [], { at: 11, counters: other }))
      expect(await store.meta()).toEqual({ schema: 1, epoch, seq: 8, at: 11, counters: other })
    }),
  )

  test(
    'C43: the journal is trimmed only where the snapshot alone says all, and numbers stay used',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 0 })
      await store.commit(commitOf(epoch, 22, everyWrite))
      const whole: Write = { do: 'snapshot.put', row: { actor: 3, revision: 1, data: '{}' } }
      await store.commit(commitOf(epoch, 23, [whole, { do: 'journal.add', row: journalRow(23, 3, 1) }]))
      await store.commit(commitOf(epoch, 23, [{ do: 'journal.trim', before: 23 }]))
      expect((await store.journal()).map(({ seq }) => seq)).toEqual([10, 11, 23])
      expect(await store.snapshot(2)).toMatchObject({ row: { revision: 1 }, patches: [{ revision: 2 }] })
      expect(await store.snapshot(3)).toEqual({ row: { actor: 3, revision: 1, data: '{}' }, patches: [] })
      await store.commit(commitOf(epoch, 23, [{ do: 'snapshot.put', row: { actor: 2, revision: 2, data: '{}' } }]))
      await store.commit(commitOf(epoch, 24, [{ do: 'journal.trim', before: 100 }]))
      expect((await store.journal()).map(({ seq }) => seq)).toEqual([10])
      await store.close()
      expect(await store.open({ now: 0 })).toMatchObject({ seq: 24 })
    }),
  )

  test(
    'C43: receipts and dead letters that are pruned leave the highest number as it was',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 0 })
      await store.commit(commitOf(epoch, 22, everyWrite))
      const prune: Write[] = [
        { do: 'receipt.prune', before: 60 },
        { do: 'dead.drop', seq: 21 },
        { do: 'dead.drop', seq: 22 },
      ]
      await store.commit(commitOf(epoch, 22, prune))
      expect([await store.receipt('m-1'), (await store.receipt('m-2'))?.seq]).toEqual([null, 14])
      await store.commit(commitOf(epoch, 22, [{ do: 'receipt.prune', before: 61 }]))
      expect([await store.receipt('m-2'), await store.dead()]).toEqual([null, []])
      await store.close()
      expect(await store.open({ now: 0 })).toMatchObject({ seq: 22 })
    }),
  )

  test(
    'dropping what is not there does nothing',
    withPlace(async (place, opened) => {
      const store = opened(place.store())
      const { epoch } = await store.open({ now: 0 })
      await store.commit(commitOf(epoch, 22, everyWrite))
      const before = await dump(store)
      const drops: Write[] = [
        { do: 'mail.drop', seq: 99 },
        { do: 'mail.attempt', seq: 99, attempts: 1 },
        { do: 'pending.drop', call: 99 },
        { do: 'dead.drop', seq: 99 },
        { do: 'receipt.prune', before: 1 },
        { do: 'journal.trim', before: 1 },
      ]
      await store.commit(commitOf(epoch, 22, drops))
      expect(await dump(store)).toEqual(before)
    }),
  )
}
