// Workspace errors. Owns what a failure of the file system means to an agent.
import { type ErrorCode, TroupeError } from '../runtime/errors.ts'
import { hasCode } from './directory.ts'

const meanings: readonly { codes: readonly string[]; code: ErrorCode; means: string }[] = [
  {
    codes: ['ENOENT'],
    code: 'workspace.not-found',
    means: 'does not exist; list the folder to see what does',
  },
  {
    codes: ['ELOOP', 'ENOTDIR', 'ENXIO'],
    code: 'workspace.denied',
    means:
      'is or passes through something that is no ordinary file or folder, such as a symbolic link; use another path',
  },
  { codes: ['EISDIR', 'ENOTEMPTY'], code: 'workspace.denied', means: 'is a folder; name a file' },
  {
    codes: ['ENAMETOOLONG', 'EINVAL'],
    code: 'workspace.denied',
    means: 'is not a name this system takes; use another',
  },
  { codes: ['EACCES', 'EPERM', 'EROFS'], code: 'workspace.denied', means: 'may not be used: the system denies it' },
  {
    codes: ['ENOSPC', 'EDQUOT', 'EFBIG'],
    code: 'workspace.limit',
    means: 'does not fit: the disk is full; free some space',
  },
]

const isSystemError = (error: unknown): boolean =>
  error instanceof Error && !(error instanceof TroupeError) && 'code' in error && typeof error.code === 'string'

/** A failure of the system under `shown` as a TroupeError; anything else, such as the reason of an abort, stays as it is. */
export const workspaceError = (error: unknown, shown: string): unknown => {
  if (!isSystemError(error)) return error
  const meaning = meanings.find(({ codes }) => hasCode(error, ...codes))
  const options = { place: shown, cause: error }
  if (meaning) return new TroupeError(meaning.code, `"${shown}" ${meaning.means}`, options)
  const retryable = hasCode(error, 'EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY')
  return new TroupeError('tool.failed', `"${shown}" could not be used; see the cause`, { ...options, retryable })
}

export const denied = (shown: string, why: string): TroupeError =>
  new TroupeError('workspace.denied', `"${shown}" ${why}`, { place: shown })

export const overLimit = (shown: string, why: string): TroupeError =>
  new TroupeError('workspace.limit', `"${shown}" ${why}`, { place: shown })

export const notFound = (shown: string, why: string): TroupeError =>
  new TroupeError('workspace.not-found', `"${shown}" ${why}`, { place: shown })
