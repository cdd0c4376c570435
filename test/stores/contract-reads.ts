// Contract of reading: every query, in the order of numbers, equal to what was written.
import { expect, test } from 'vitest'
import type { Store, Write } from '../../src/runtime/store.ts'
import type { WithPlace } from './contract.ts'
import { dump } from './dump.ts'
import {
  actorRow,
  callRow,
  commitOf,
  counters,
  deadRow,
  everyWrite,
  journalRow,
  ledgerRow,
  mailRow,
  outcomeRow,
  pendingRow,
  runRow,
} from './rows.ts'

const numbers = (rows: readonly ({ seq: number } | { id: number })[]): number[] =>
  rows.map((row) => ('seq' in row ? row.seq : row.id))

export const readContract = (withPlace: WithPlace): void => {
  const reads = (name: string, use: (store: Store, epoch: number) => Promise<void>) =>
    test(
      name,
      withPlace(async (place, opened) => {
        const store = opened(place.store())
        const { epoch } = await store.open({ now: 0 })
        await store.commit(commitOf(epoch, 22, everyWrite))
        await use(store, epoch)
      }),
    )

  reads('actors are found by address, id, run, parent and position', async (store) => {
    const child = actorRow(2, {
      parent: 1,
      input: null,
      incarnation: 2,
      revision: 2,
      status: 'done',
      state: '"complete"',
    })
    expect(await store.actor('run-1/actor-2')).toEqual(child)
    expect(await store.actorById(2)).toEqual(child)
    expect([await store.actor('none'), await store.actorById(9)]).toEqual([null, null])
    expect(numbers(await store.actors())).toEqual([1, 2, 3])
    expect(await store.actors({ run: 'run-2' })).toEqual([actorRow(3, { address: 'run-2', run: 'run-2' })])
    expect(await store.actors({ parent: 1 })).toEqual([child])
    expect(numbers(await store.actors({ after: 1 }))).toEqual([2, 3])
    expect(numbers(await store.actors({ after: 1, limit: 1 }))).toEqual([2])
    expect(numbers(await store.actors({ run: 'run-1', limit: 1 }))).toEqual([1])
    expect(await store.actors({ run: 'run-2', parent: 1 })).toEqual([])
  })

  reads('a snapshot comes with the patches made since, oldest first, and never goes back', async (store, epoch) => {
    expect(await store.snapshot(1)).toBeNull()
    const row = { actor: 2, revision: 1, data: '{"a":1}' }
    const patches = [{ revision: 2, patch: journalRow(11, 2, 2).patch }]
    expect(await store.snapshot(2)).toEqual({ row, patches })
    const more: Write[] = [
      { do: 'journal.add', row: journalRow(23, 2, 3, { patch: null }) },
      { do: 'journal.add', row: journalRow(24, 1, 2) },
      { do: 'journal.add', row: journalRow(25, 2, 4) },
    ]
    await store.commit(commitOf(epoch, 25, more))
    const since = [...patches, { revision: 3, patch: null }, { revision: 4, patch: journalRow(25, 2, 4).patch }]
    expect(await store.snapshot(2)).toEqual({ row, patches: since })
    await store.commit(commitOf(epoch, 25, [{ do: 'snapshot.put', row: { ...row, revision: 3 } }]))
    await store.commit(commitOf(epoch, 25, [{ do: 'snapshot.put', row: { ...row, revision: 2 } }]))
    expect(await store.snapshot(2)).toEqual({ row: { ...row, revision: 3 }, patches: since.slice(2) })
  })

  reads('the journal is read whole, by run, by actor, and page by page', async (store) => {
    const first = journalRow(10, 1, 1, { cause: null, patch: null, notes: '["hello"]' })
    expect(await store.journal()).toEqual([first, journalRow(11, 2, 2), journalRow(12, 3, 1)])
    expect(numbers(await store.journal({ run: 'run-1' }))).toEqual([10, 11])
    expect(numbers(await store.journal({ run: 'run-1', after: 10 }))).toEqual([11])
    expect(numbers(await store.journal({ run: 'run-1', limit: 1 }))).toEqual([10])
    expect(numbers(await store.journal({ actor: 2 }))).toEqual([11])
    expect(numbers(await store.journal({ actor: 2, run: 'run-2' }))).toEqual([])
    expect(numbers(await store.journal({ after: 10, limit: 1 }))).toEqual([11])
    expect(await store.journal({ limit: 0 })).toEqual([])
  })

  reads('mail is listed by actor and position, and dropped by number', async (store, epoch) => {
    expect(await store.mail({ actor: 1 })).toEqual([mailRow(13, 1, { attempts: 2 })])
    expect(await store.mail({ actor: 2 })).toEqual([
      mailRow(14, 2, { due: 99, timer: 'after.1' }),
      mailRow(15, 2, { due: 98 }),
    ])
    expect(numbers(await store.mail({ after: 13, limit: 1 }))).toEqual([14])
    await store.commit(commitOf(epoch, 22, [{ do: 'mail.drop', seq: 14 }]))
    expect(numbers(await store.mail())).toEqual([13, 15])
  })

  reads('C12: rows written late are listed in the order of their numbers', async (store, epoch) => {
    const late = [30, 26, 28].map((seq): Write => ({ do: 'mail.add', row: mailRow(seq, 1) }))
    await store.commit(commitOf(epoch, 30, late))
    expect(numbers(await store.mail({ actor: 1 }))).toEqual([13, 26, 28, 30])
  })

  reads('calls and their outcomes are read by id, run, actor and position', async (store) => {
    const done = outcomeRow(20, 16)
    expect(await store.call(16)).toEqual(callRow(16, 2))
    expect(await store.call(99)).toBeNull()
    expect(await store.calls({ run: 'run-2' })).toEqual([callRow(17, 3, { interrupted: 'once', startedAt: 4 })])
    expect(numbers(await store.calls())).toEqual([16, 17])
    expect(numbers(await store.calls({ actor: 2 }))).toEqual([16])
    expect(numbers(await store.calls({ after: 16, limit: 5 }))).toEqual([17])
    expect(await store.outcomes({ call: 16 })).toEqual([
      outcomeRow(18, 16, { status: 'started', result: null, usd: null }),
      done,
    ])
    expect(numbers(await store.outcomes({}))).toEqual([18, 19, 20])
    expect(numbers(await store.outcomes({ run: 'run-1' }))).toEqual([18, 20])
    expect(await store.outcomes({ run: 'run-1', after: 18, limit: 1 })).toEqual([done])
  })

  reads('calls that are not over are listed, replaced and dropped', async (store, epoch) => {
    const parked = pendingRow(17, { parked: true, nextAt: null, deadlineAt: 77 })
    expect(await store.pending()).toEqual([pendingRow(16), parked])
    const again = pendingRow(16, { attempt: 3, startedAt: null, nextAt: 60 })
    await store.commit(commitOf(epoch, 22, [{ do: 'pending.put', row: again }]))
    await store.commit(commitOf(epoch, 22, [{ do: 'pending.drop', call: 17 }]))
    expect(await store.pending()).toEqual([again])
  })

  reads('a blob is kept as it was first put', async (store, epoch) => {
    const put = (hash: string, data: string): Write => ({ do: 'blob.put', row: { hash, data } })
    await store.commit(commitOf(epoch, 22, [put('b1', 'another'), put('b2', '')]))
    expect([await store.blob('b1'), await store.blob('b2'), await store.blob('b3')]).toEqual(['a blob', '', null])
  })

  reads('runs are listed as they came, and a run put again is replaced', async (store, epoch) => {
    const ended = runRow('run-2', { status: 'cancelled', endedAt: 44, options: '{"x":1}' })
    await store.commit(commitOf(epoch, 22, [{ do: 'run.put', row: ended }]))
    const complete = runRow('run-1', { status: 'complete', endedAt: 9, result: '"r"' })
    expect(await store.runs()).toEqual([ended, complete])
    expect([await store.run('run-1'), await store.run('none')]).toEqual([complete, null])
  })

  reads('the ledger is read by account and what lies under it, never by a longer name', async (store, epoch) => {
    const changed = ledgerRow('run-1', { usd: 1e-9, calls: 4 })
    await store.commit(commitOf(epoch, 22, [{ do: 'ledger.put', row: changed }]))
    const [under, other] = [ledgerRow('run-1/actor-2'), ledgerRow('run-10')]
    expect(await store.ledger()).toEqual([changed, under, other])
    expect(await store.ledger('run-1')).toEqual([changed, under])
    expect(await store.ledger('run-1/')).toEqual([under])
  })

  reads('dead letters are listed by position', async (store) => {
    expect(await store.dead()).toEqual([deadRow(21), deadRow(22)])
    expect(await store.dead({ after: 21 })).toEqual([deadRow(22)])
    expect(await store.dead({ limit: 1 })).toEqual([deadRow(21)])
  })

  reads('C4: a receipt is found by its id', async (store) => {
    expect(await store.receipt('m-1')).toEqual({ id: 'm-1', hash: 'h1', seq: 13, at: 50 })
    expect(await store.receipt('M-1')).toBeNull()
  })

  reads('C41: waiting counts mail, and delayed mail, but no armed timers', async (store, epoch) => {
    expect(await store.conservation()).toEqual({ ...counters, waiting: 2 })
    await store.commit(commitOf(epoch, 22, [{ do: 'mail.drop', seq: 15 }], { counters: { ...counters, applied: 5 } }))
    expect(await store.conservation()).toEqual({ ...counters, applied: 5, waiting: 1 })
  })

  reads('altering a row that was read or written alters nothing in the store', async (store, epoch) => {
    const row = mailRow(30, 1)
    await store.commit(commitOf(epoch, 30, [{ do: 'mail.add', row }]))
    const before = await dump(store)
    row.message = 'altered'
    for (const read of [...(await store.mail()), ...(await store.actors()), ...(await store.runs())]) {
      Object.assign(read, { message: 'altered', state: 'altered', task: 'altered' })
    }
    expect(await dump(store)).toEqual(before)
  })
}
