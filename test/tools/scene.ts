// Scene. Owns a workspace with a mounted folder and a secret outside of both, opened in each way there is.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpenDirectory } from '../../src/tools/directory.ts'
import { openByDescriptor } from '../../src/tools/directory-by-descriptor.ts'
import { openByPath } from '../../src/tools/directory-by-path.ts'
import { createWorkspace, type WorkspaceLimits } from '../../src/tools/workspace.ts'
import { temporaryFolder } from './folders.ts'

export const denied = { code: 'workspace.denied' }
export const missing = { code: 'workspace.not-found' }
export const limit = { code: 'workspace.limit' }
export const never = new AbortController().signal

export const ways: [string, OpenDirectory][] = [
  ...(process.platform === 'linux' ? ([['by descriptor', openByDescriptor]] as [string, OpenDirectory][]) : []),
  ['by path', openByPath],
]

export const scene = async (openDirectory: OpenDirectory, limits: Partial<WorkspaceLimits> = {}) => {
  const folder = await temporaryFolder()
  const [root, input, outside] = [join(folder, 'agents', 'writer'), join(folder, 'given'), join(folder, 'outside')]
  await mkdir(input)
  await mkdir(outside)
  await writeFile(join(outside, 'secret.txt'), 'secret')
  await writeFile(join(input, 'facts.md'), 'one\ntwo\n')
  return { root, input, outside, workspace: createWorkspace({ root, mounts: { input }, limits, openDirectory }) }
}
