// Transcript. Owns conversations as linked lists of hashes: node = hash(parent, role, content).
//   T1. A head names a whole conversation; an agent's context holds one hash, a call's input too (C22).
//   T2. Tool results are named by the hash under which they are stored: they are written once, however often they are sent.
import { z } from 'zod'
import type { CallBlobs } from '../runtime/call.ts'
import { TroupeError } from '../runtime/errors.ts'
import type { ContentBlock, ModelMessage } from '../runtime/model.ts'

type StoredResult = { type: 'tool_result'; toolUseId: string; isError: boolean } & (
  | { ref: string }
  | { content: string }
)
type StoredBlock = Exclude<ContentBlock, { type: 'tool_result' }> | StoredResult
type Node = { parent: string | null; role: 'user' | 'assistant'; content: readonly StoredBlock[] }

const nodeSchema = z.object({
  parent: z.string().nullable(),
  role: z.enum(['user', 'assistant']),
  content: z.array(z.unknown()),
})

export type Blobs = Pick<CallBlobs, 'get' | 'put'>

/** Adds a message after `parent` and returns the new head. */
export const append = (
  blobs: Blobs,
  parent: string | null,
  role: Node['role'],
  content: readonly StoredBlock[],
): string => blobs.put(JSON.stringify({ parent, role, content } satisfies Node))

const readNode = async (blobs: Pick<Blobs, 'get'>, hash: string): Promise<Node> => {
  const parsed = nodeSchema.safeParse(JSON.parse(await blobs.get(hash)))
  if (!parsed.success)
    throw new TroupeError(
      'store.corrupt',
      `the transcript node ${hash} cannot be read; restore the store from a copy`,
      { place: hash },
    )
  return parsed.data as Node // its content was written by append
}

const readBlock = async (blobs: Pick<Blobs, 'get'>, block: StoredBlock): Promise<ContentBlock> => {
  if (block.type !== 'tool_result') return block
  const content = 'ref' in block ? await blobs.get(block.ref) : block.content
  return { type: 'tool_result', toolUseId: block.toolUseId, content, isError: block.isError }
}

/** The conversation that ends at `head`, oldest message first. */
export const readTranscript = async (blobs: Pick<Blobs, 'get'>, head: string | null): Promise<ModelMessage[]> => {
  const messages: ModelMessage[] = []
  for (let hash = head; hash !== null; ) {
    const node = await readNode(blobs, hash)
    messages.push({ role: node.role, content: await Promise.all(node.content.map((block) => readBlock(blobs, block))) })
    hash = node.parent
  }
  return messages.reverse()
}

/** The last message of a conversation; null for an empty one. */
export const lastMessage = async (blobs: Pick<Blobs, 'get'>, head: string | null): Promise<Node | null> =>
  head === null ? null : readNode(blobs, head)
