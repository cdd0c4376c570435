// Transcript. Owns conversations as linked lists of hashes: node = hash(parent, role, content).
//   T1. A head names a whole conversation; an agent's context holds one hash, a call's input too (C22).
//   T2. Tool results are named by the hash under which they are stored: they are written once, however often they are sent.
//   T3. A turn reads the nodes that are new since the turn before, however long the conversation: not the store's, nor ours.
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

/** A conversation as far as it is known, and its text in characters. */
type Known = { messages: readonly ModelMessage[]; characters: number }

const nothing: Known = { messages: [], characters: 0 }

const readMessage = async (blobs: Pick<Blobs, 'get'>, { role, content }: Node): Promise<ModelMessage> => ({
  role,
  content: await Promise.all(content.map((block) => readBlock(blobs, block))),
})

const nearCharacters = 32 * 1024 * 1024

const lengthOf = ({ content }: ModelMessage): number => JSON.stringify(content).length

/** Conversations read lately, by their heads: a longer one begins with a known one, so a turn reads what is new (T3). */
const createMemory = () => {
  const known = new Map<string, Known>()
  let characters = 0
  const drop = (head: string): void => {
    characters -= known.get(head)?.characters ?? 0
    known.delete(head)
  }
  return {
    get: (head: string) => known.get(head),
    /** Keeps a conversation in place of the one it goes on from. */
    put: (head: string, conversation: Known, before: string | null): void => {
      if (before !== null) drop(before)
      drop(head)
      known.set(head, conversation)
      characters += conversation.characters
      for (const oldest of known.keys()) {
        if (characters <= nearCharacters || oldest === head) return
        drop(oldest)
      }
    },
  }
}

export type Transcripts = {
  /** The conversation that ends at `head`, oldest message first. */
  read(blobs: Pick<Blobs, 'get'>, head: string | null): Promise<readonly ModelMessage[]>
}

/** Reads conversations. What it has read stays near, up to 32 million characters, the oldest going first. */
export const createTranscripts = (): Transcripts => {
  const memory = createMemory()
  const read: Transcripts['read'] = async (blobs, head) => {
    const fresh: ModelMessage[] = []
    let hash = head
    for (; hash !== null && !memory.get(hash); ) {
      const node = await readNode(blobs, hash)
      fresh.push(await readMessage(blobs, node))
      hash = node.parent
    }
    const before = hash === null ? nothing : memory.get(hash)!
    const messages = [...before.messages, ...fresh.reverse()]
    const characters = fresh.reduce((sum, message) => sum + lengthOf(message), before.characters)
    if (head !== null && head !== hash) memory.put(head, { messages, characters }, hash)
    return messages
  }
  return { read }
}

/** The last message of a conversation; null for an empty one. */
export const lastMessage = async (blobs: Pick<Blobs, 'get'>, head: string | null): Promise<Node | null> =>
  head === null ? null : readNode(blobs, head)
