// Hash. Owns the names of content: the same content has the same name, on every machine.
import { createHash } from 'node:crypto'

/** The name of a blob: 24 characters of the SHA-256 of its text (144 bits). */
export const blobHash = (data: string): string => createHash('sha256').update(data).digest('base64url').slice(0, 24)
