import { describe, expect, test } from 'vitest'
import { event, ping, type ServerStep, says, stream } from '../support/messages-server.ts'
import { ask, claudeOn, failureOf, handClock, opening, within } from './anthropic-world.ts'

const closing: ServerStep[] = [
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'is.' } }),
  event({ type: 'content_block_stop', index: 0 }),
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }),
  event({ type: 'message_stop' }),
]

describe('broken streams', () => {
  test.each<[string, ServerStep[]]>([
    ['BAD 153: a clean end before message_stop', [...opening, ...closing.slice(0, -1)]],
    ['BAD 153: a closed socket', [...opening, { kind: 'cut' }]],
    ['an empty stream', []],
    [
      'an event that is no JSON',
      [...opening, { kind: 'bytes', bytes: 'event: message_delta\ndata: {oops\n\n' }, ...closing],
    ],
    [
      'an event that is not an object',
      [...opening, { kind: 'bytes', bytes: 'event: message_delta\ndata: null\n\n' }, ...closing],
    ],
    ['a delta for a block that never began', [...opening.slice(0, 1), ...closing]],
    ['a block before the message', [...opening.slice(1), ...closing]],
    ['a message that begins twice', [opening[0]!, ...opening, ...closing]],
    ['a block that begins twice', [...opening, ...opening.slice(1), ...closing]],
    [
      'a delta of another kind than its block',
      [
        ...opening,
        event({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{' } }),
        ...closing,
      ],
    ],
    [
      'a tool call without an id',
      [
        ...opening,
        event({ type: 'content_block_start', index: 1, content_block: { type: 'tool_use', name: 'x' } }),
        ...closing,
      ],
    ],
  ])('%s is model.interrupted, retryable', async (_, steps) => {
    await using world = await claudeOn(() => stream(steps))
    expect(await failureOf(world.model.generate(ask(), within()))).toMatchObject({
      code: 'model.interrupted',
      retryable: true,
    })
  })

  test('what befalls the connection after message_stop does not lose the answer', async () => {
    await using world = await claudeOn(() => stream([...opening, ...closing, { kind: 'cut' }]))
    expect(await world.model.generate(ask(), within())).toMatchObject({ content: [{ type: 'text', text: 'Paris.' }] })
  })

  test('events cut at every odd byte are put together again', async () => {
    const bytes = [...opening, ...closing].flatMap((step) =>
      step.kind === 'event' ? [`event: ${step.event}\r\ndata: ${JSON.stringify(step.data)}\r\n\r\n`] : [],
    )
    const whole = Buffer.from(bytes.join('').replace('Par', 'Pär 🗼'))
    const steps = Array.from(
      { length: Math.ceil(whole.length / 7) },
      (_, at): ServerStep => ({
        kind: 'bytes',
        bytes: whole.subarray(at * 7, at * 7 + 7),
      }),
    )
    await using world = await claudeOn(() => stream(steps))
    expect(await world.model.generate(ask(), within())).toMatchObject({
      content: [{ type: 'text', text: 'Pär 🗼is.' }],
    })
  })

  test('an observer that throws is not taken for a broken connection', async () => {
    await using world = await claudeOn(() => says('Paris.'))
    const fault = new Error('observer')
    const onPart = () => {
      throw fault
    }
    const clock = handClock()
    await expect(world.model.generate(ask(), within({ onPart, clock }))).rejects.toBe(fault)
    expect(clock.waiting).toBe(0)
  })
})

describe('the watchdog, by the clock of the call', () => {
  test('a stream that falls silent is model.interrupted after the idle time, not before', async () => {
    await using world = await claudeOn(() => stream([...opening, { kind: 'stall' }]))
    const clock = handClock()
    const heard = Promise.withResolvers<void>()
    const failed = failureOf(world.model.generate(ask(), within({ clock, onPart: () => heard.resolve() })))
    await heard.promise
    clock.advance(999)
    expect(clock.waiting).toBe(1)
    clock.advance(1)
    expect(await failed).toMatchObject({
      code: 'model.interrupted',
      retryable: true,
      message: expect.stringContaining('1000 ms'),
    })
    expect(clock.waiting).toBe(0)
  })

  test.each(['headers', 'body of an error'])('silence instead of the %s ends too', async (what) => {
    const reached = Promise.withResolvers<void>()
    await using world = await claudeOn(() => {
      reached.resolve()
      return what === 'headers' ? { kind: 'silence' } : stream([{ kind: 'stall' }])
    })
    const clock = handClock()
    const failed = failureOf(world.model.generate(ask(), within({ clock })))
    await reached.promise
    if (what !== 'headers') await clock.armed(2)
    clock.advance(1000)
    expect(await failed).toMatchObject({ code: 'model.interrupted' })
  })

  test('pings keep a call alive, though the SDK shows none of them', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    await using world = await claudeOn(() =>
      stream([
        ...opening,
        { kind: 'wait', until: gates[0].promise },
        ping,
        { kind: 'wait', until: gates[1].promise },
        ...closing,
      ]),
    )
    const clock = handClock()
    const heard = Promise.withResolvers<void>()
    const given = world.model.generate(ask(), within({ clock, onPart: () => heard.resolve() }))
    await heard.promise
    const before = clock.armings
    clock.advance(900)
    gates[0].resolve()
    await clock.armed(before + 1)
    clock.advance(900)
    gates[1].resolve()
    expect(await given).toMatchObject({ stop: 'end' })
  })
})

describe('cancellation', () => {
  test('an abort in the middle of a stream rethrows its reason and closes the connection', async () => {
    await using world = await claudeOn(() => stream([...opening, { kind: 'stall' }]))
    const abort = new AbortController()
    const reason = new Error('stopped by a person')
    const clock = handClock()
    const call = world.model.generate(ask(), within({ signal: abort.signal, clock, onPart: () => abort.abort(reason) }))
    await expect(call).rejects.toBe(reason)
    expect(clock.waiting).toBe(0)
  })

  test('an abort while waiting for the headers rethrows its reason', async () => {
    const abort = new AbortController()
    const reason = { kind: 'deadline' }
    await using world = await claudeOn(() => {
      abort.abort(reason)
      return { kind: 'silence' }
    })
    await expect(world.model.generate(ask(), within({ signal: abort.signal }))).rejects.toBe(reason)
  })

  test('an aborted call sends nothing', async () => {
    await using world = await claudeOn(() => says('Paris.'))
    const reason = new Error('before')
    await expect(world.model.generate(ask(), within({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
    expect(world.server.requests).toEqual([])
  })
})
