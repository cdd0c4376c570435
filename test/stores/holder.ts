// Holder. A process that opens the store named by its first argument and says so. By its second argument it then
// `open`: has nothing to do; `leave`: has committed one row and nothing else to do; `stay`: the same, and waits to be killed.
import { sqliteStore } from '../../src/stores/index.ts'
import { commitOf, deadRow } from './rows.ts'

const [file, then] = process.argv.slice(2)
process.umask(0)
const store = sqliteStore(file!)
const { epoch, seq } = await store.open({ now: 4321 })
if (then !== 'open') await store.commit(commitOf(epoch, seq + 1, [{ do: 'dead.add', row: deadRow(seq + 1) }]))
process.stdout.write('open\n')
if (then === 'stay') setInterval(() => {}, 60_000)
