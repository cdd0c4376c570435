// A local server that speaks the Messages API over real HTTP: what the Claude model and the end-to-end tests talk to.
//   await using server = await startMessagesServer((request, n) => (n === 0 ? calls('read', { path: 'a.md' }, n) : says('done')))
//   const model = anthropic({ apiKey: 'test-key', baseURL: server.url })
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fails, type ServerAnswer, type ServerMessage, type ServerStep, toSteps } from './messages-server-answers.ts'
import { checkBody, checkHeaders, type RequestBody, type ServerRequest } from './messages-server-check.ts'
import { reports } from './messages-server-script.ts'

export * from './messages-server-answers.ts'
export type { RequestBlock, RequestBody, ServerRequest } from './messages-server-check.ts'
export { reports } from './messages-server-script.ts'

/** Answers the request number `n`, from 0. Refused requests (no key, a body the API would not take) are not asked and not counted. */
export type ServerScript = (request: ServerRequest, n: number) => ServerAnswer | Promise<ServerAnswer>

export type MessagesServer = AsyncDisposable & {
  url: string
  /** Every request that reached the script, in order. */
  requests: readonly ServerRequest[]
  /** Every request that was refused before, with the reason. */
  refused: readonly string[]
  close(): Promise<void>
}

const bodyOf = async (incoming: IncomingMessage): Promise<RequestBody | null> => {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk
  try {
    return JSON.parse(text) as RequestBody // checkBody looks at what a client could get wrong
  } catch {
    return null
  }
}

const usual = (n: number): Record<string, string> => ({
  'request-id': `req_local${n}`,
  'anthropic-ratelimit-requests-limit': '4000',
  'anthropic-ratelimit-requests-remaining': '3999',
  'anthropic-ratelimit-requests-reset': '2026-11-01T00:00:00Z',
})

const complete = (message: Partial<ServerMessage>, request: ServerRequest, n: number): ServerMessage => ({
  model: request.body.model,
  id: `msg_local${n}`,
  type: 'message',
  role: 'assistant',
  content: [],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 20 },
  ...message,
})

/** False when the client has gone. */
const write = (response: ServerResponse, bytes: string | Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    if (response.destroyed) return resolve(false)
    response.write(bytes, (error) => resolve(!error))
  })

const sendSteps = async (response: ServerResponse, steps: readonly ServerStep[]): Promise<void> => {
  for (const step of steps) {
    if (step.kind === 'stall') return
    if (step.kind === 'cut') return void response.destroy()
    if (step.kind === 'wait') await step.until
    else {
      const bytes = step.kind === 'bytes' ? step.bytes : `event: ${step.event}\ndata: ${JSON.stringify(step.data)}\n\n`
      if (!(await write(response, bytes))) return
    }
  }
  response.end()
}

const send = async (response: ServerResponse, answer: ServerAnswer, request: ServerRequest, n: number) => {
  if (answer.kind === 'silence') return
  const headers = { ...usual(n), ...answer.headers }
  if (answer.kind === 'body') {
    response.writeHead(answer.status, headers)
    return void response.end(answer.body)
  }
  const message = answer.kind === 'message' ? complete(answer.message, request, n) : null
  if (message && !request.body.stream) {
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    return void response.end(JSON.stringify(message))
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers })
  response.flushHeaders()
  await sendSteps(response, answer.kind === 'stream' ? answer.steps : toSteps(message!))
}

/** A server on a free port of 127.0.0.1. Without a script every agent hands in a report at once. */
export const startMessagesServer = async (script: ServerScript = reports): Promise<MessagesServer> => {
  const requests: ServerRequest[] = []
  const refused: string[] = []

  const answerTo = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming)
    const request = { headers: incoming.headers, body: body ?? ({} as RequestBody) }
    const wrongPlace = incoming.method !== 'POST' || incoming.url?.split('?')[0] !== '/v1/messages'
    const refusal = wrongPlace
      ? { status: 404, type: 'not_found_error', message: 'Not found' }
      : (checkHeaders(incoming.headers) ??
        (body
          ? checkBody(body)
          : { status: 400, type: 'invalid_request_error', message: 'The body is not valid JSON' }))
    if (refusal) {
      refused.push(refusal.message)
      const headers = { 'x-should-retry': 'false' }
      return send(response, fails(refusal.status, refusal.type, refusal.message, { headers }), request, -1)
    }
    const n = requests.push(request) - 1
    await send(response, await script(request, n), request, n)
  }

  const server = createServer((incoming, response) => {
    answerTo(incoming, response).catch((error: unknown) => {
      // A script that throws is a broken test: say so where the test reads it.
      refused.push(`the script threw: ${String(error)}`)
      response.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const { port } = server.address() as AddressInfo // an address of a TCP server
  return { url: `http://127.0.0.1:${port}`, requests, refused, close, [Symbol.asyncDispose]: close }
}
