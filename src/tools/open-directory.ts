// Open directory. Owns the choice of the safest way this system has.
import { existsSync } from 'node:fs'
import type { OpenDirectory } from './directory.ts'
import { openByDescriptor } from './directory-by-descriptor.ts'
import { openByPath } from './directory-by-path.ts'

export const openDirectory: OpenDirectory = (path) =>
  process.platform === 'linux' && existsSync('/proc/self/fd') ? openByDescriptor(path) : openByPath(path)
