// Stores. The public door of the two stores.
export { type MemoryStoreOptions, memoryStore } from './memory.ts'
export { type MemoryData, memoryData } from './memory-data.ts'
export type { Holder } from './refusals.ts'
export { describeStore, type SqliteStoreOptions, type StoreDescription, sqliteReader, sqliteStore } from './sqlite.ts'
