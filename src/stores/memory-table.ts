// Memory table. Owns rows kept by number, listed in the order of their numbers, and found by one group.
//   M1. Every change reports how to undo it, so that a commit can be taken back whole (T1).

/** Takes back one change. */
export type Undo = () => void

export type Range = { after?: number; limit?: number }

/** Where `key` is, or would be, in ascending `keys`. */
const place = (keys: readonly number[], key: number): number => {
  if (keys.length === 0 || keys[keys.length - 1]! < key) return keys.length
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}

const between = (keys: readonly number[], { after = -1, limit = keys.length }: Range): number[] => {
  const start = place(keys, after + 1)
  return keys.slice(start, start + limit)
}

export type Table<Row> = {
  get(key: number): Row | undefined
  has(key: number): boolean
  /** Adds or replaces. */
  put(row: Row): Undo
  /** Does nothing when there is no such row. */
  drop(key: number): Undo
  /** Copies, so that a caller who alters one alters nothing here. */
  list(range?: Range): Row[]
  group(group: number, range?: Range): Row[]
}

export type TableOptions<Row> = { key: (row: Row) => number; group?: (row: Row) => number | null }

export const createTable = <Row extends object>({ key, group = () => null }: TableOptions<Row>): Table<Row> => {
  const rows = new Map<number, Row>()
  const order: number[] = []
  const groups = new Map<number, number[]>()

  const link = (row: Row) => {
    const own = group(row)
    if (own !== null && !groups.has(own)) groups.set(own, [])
    for (const keys of own === null ? [order] : [order, groups.get(own)!]) {
      keys.splice(place(keys, key(row)), 0, key(row))
    }
  }
  const unlink = (row: Row) => {
    const own = group(row)
    for (const keys of own === null ? [order] : [order, groups.get(own)!]) keys.splice(place(keys, key(row)), 1)
    if (own !== null && groups.get(own)!.length === 0) groups.delete(own)
  }
  const set = (at: number, row: Row | undefined) => {
    const before = rows.get(at)
    if (before && row && group(before) === group(row)) return void rows.set(at, row)
    if (before) unlink(before)
    rows.delete(at)
    if (!row) return
    rows.set(at, row)
    link(row)
  }
  const change = (at: number, row: Row | undefined): Undo => {
    const before = rows.get(at)
    set(at, row)
    return () => set(at, before)
  }
  const copies = (keys: readonly number[]): Row[] => keys.map((at) => ({ ...rows.get(at)! }))

  return {
    get: (at) => rows.get(at),
    has: (at) => rows.has(at),
    put: (row) => change(key(row), { ...row }),
    drop: (at) => change(at, undefined),
    list: (range = {}) => copies(between(order, range)),
    group: (own, range = {}) => copies(between(groups.get(own) ?? [], range)),
  }
}

/** The same for rows that are named by a text. */
export const putNamed = <Row extends object>(map: Map<string, Row>, name: string, row: Row | undefined): Undo => {
  const before = map.get(name)
  if (row) map.set(name, { ...row })
  else map.delete(name)
  return () => {
    if (before) map.set(name, before)
    else map.delete(name)
  }
}
