// SQLite errors. Owns the translation of what SQLite throws into the store's codes.
import { type ErrorCode, TroupeError } from '../runtime/errors.ts'

/** A failure that can cross from one thread to another. */
export type Fault = { code: ErrorCode; message: string; details?: Record<string, unknown>; cause?: string }

const corrupt = 11
const full = 13
const cannotOpen = 14
const constraint = 19
const notDatabase = 26
const readOnly = 8

const texts: Record<number, [ErrorCode, string]> = {
  [readOnly]: ['store.invalid', 'the store file cannot be written; check its owner and permissions'],
  [corrupt]: ['store.corrupt', 'the store file is damaged; restore it from a backup'],
  [full]: ['store.full', 'no room is left for the store; free some space, then open it again'],
  [cannotOpen]: ['store.invalid', 'the store file cannot be opened; check its path and permissions'],
  [constraint]: ['store.conflict', 'a row is already there; nothing was written. Close the store and open it again'],
  [notDatabase]: ['store.corrupt', 'the file is no SQLite database; choose another path or restore it from a backup'],
}

/** SQLite's primary result code, or 0 when `error` is not from SQLite. */
export const resultCode = (error: unknown): number =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0

export const isNotDatabase = (error: unknown): boolean => resultCode(error) === notDatabase
export const isCorrupt = (error: unknown): boolean => resultCode(error) === corrupt
export const isBusy = (error: unknown): boolean => resultCode(error) === 5 || resultCode(error) === 6

export const toFault = (error: unknown): Fault => {
  if (error instanceof TroupeError) {
    return { code: error.code, message: error.message, ...(error.details && { details: error.details }) }
  }
  const cause = error instanceof Error ? error.message : String(error)
  const [code, text] = texts[resultCode(error)] ?? ['store.failed', 'the store failed; close it and open it again']
  return { code, message: `${text} (${cause})`, cause }
}

export const fromFault = ({ code, message, details, cause }: Fault): TroupeError =>
  new TroupeError(code, message, {
    ...(details && { details }),
    ...(cause !== undefined && { cause: new Error(cause) }),
  })

/** Any error as the store reports it. */
export const storeError = (error: unknown): TroupeError =>
  error instanceof TroupeError ? error : fromFault(toFault(error))
