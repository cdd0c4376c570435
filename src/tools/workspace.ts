// Workspace. Owns the files of one agent: its own folder, and what is mounted read-only beside it.
//   W1. No path leaves the workspace, whatever stands in the folder and whatever is swapped meanwhile (paths.ts, directory.ts).
//   W2. A write is whole or absent (file.ts), for its owner alone (0600), and never beyond the quota (quota.ts).
//   W3. Writes of one workspace happen one after the other: a change reads and writes with nothing between (writing.ts).
import { resolve } from 'node:path'
import { createArea } from './area.ts'
import type { OpenDirectory } from './directory.ts'
import { createListing, type Listing, type ListingLimits } from './listing.ts'
import { openDirectory } from './open-directory.ts'
import { createPlaces } from './places.ts'
import { createQuota, type WriteLimits } from './quota.ts'
import { type ArtifactSource, createReading, type Reading, type ReadLimits } from './reading.ts'
import type { Usage } from './usage.ts'
import { createWriting, type Writing } from './writing.ts'

export type WorkspaceLimits = ReadLimits & WriteLimits & ListingLimits

export type WorkspaceOptions = {
  /** The agent's own folder; made with mode 0700 at the first use. One workspace at a time may use it. */
  root: string
  /** Folders to read from: `input` appears as `input/…`. */
  mounts?: { input?: string }
  limits?: Partial<WorkspaceLimits>
  /** What `artifact:<name>` reads. */
  artifacts?: ArtifactSource
  /** How folders are opened. Default: the safest way of this system. */
  openDirectory?: OpenDirectory
}

/**
 * The files of one agent. Every operation may throw `workspace.denied`, `workspace.not-found` or `workspace.limit`, with the
 * escaped path as `place`.
 */
export type Workspace = Reading &
  Writing &
  Listing & {
    readonly root: string
    /** What the agent's own folder holds, in bytes and in files and folders. */
    usage(): Promise<Usage>
  }

const defaults: WorkspaceLimits = {
  bytes: 64 * 1024 * 1024,
  fileBytes: 2 * 1024 * 1024,
  readBytes: 512 * 1024,
  entries: 5_000,
  searchEntries: 20_000,
}

/**
 * A workspace for one agent. Nothing is touched before its first use.
 * @example
 * const workspace = createWorkspace({ root: '.troupe/workspaces/writer', mounts: { input: './docs' } })
 * await workspace.write('notes.md', await workspace.read('input/README.md'))
 */
export const createWorkspace = ({ root, mounts = {}, ...options }: WorkspaceOptions): Workspace => {
  const limits = { ...defaults, ...options.limits }
  const open = options.openDirectory ?? openDirectory
  const own = createArea(root, { name: 'workspace', missing: 'make', open })
  const input = mounts.input === undefined ? null : createArea(mounts.input, { name: 'input', missing: 'refuse', open })
  const places = createPlaces({ own, input })
  const reading = createReading({ places, limits, artifacts: options.artifacts })
  const quota = createQuota({ enter: own.enter, limits })
  return {
    root: resolve(root),
    usage: quota.usage,
    ...reading,
    ...createListing({ places, limits }),
    ...createWriting({ enter: own.enter, quota, read: reading.read }),
  }
}
