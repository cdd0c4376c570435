import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { memoryData, memoryStore, sqliteStore } from '../../src/stores/index.ts'
import { storeContract } from './contract.ts'

storeContract('memory', async () => {
  const data = memoryData()
  return {
    store: () => memoryStore({ data }),
    raiseEpoch: async () => {
      data.meta = { ...data.meta, epoch: data.meta.epoch + 1 }
    },
    dispose: async () => {},
  }
})

storeContract('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-store-'))
  const file = join(folder, 'store.db')
  return {
    store: () => sqliteStore(file),
    raiseEpoch: async () => {
      using db = new DatabaseSync(file)
      db.exec('UPDATE meta SET epoch = epoch + 1')
    },
    dispose: async () => rmSync(folder, { recursive: true }),
  }
})
