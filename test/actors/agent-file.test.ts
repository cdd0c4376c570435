import { describe, expect, test } from 'vitest'
import { splitTools } from '../../src/actors/agent-fields.ts'
import { type AgentFile, type Problem, parseAgentFile } from '../../src/actors/agent-file.ts'

const file = (fields: string, body = 'You write.') => `---\n${fields}\n---\n${body}\n`
const valid = (extra = '', body?: string) => file(`name: writer\ndescription: Writes.${extra && `\n${extra}`}`, body)
const parse = (text: string, options = {}) => parseAgentFile(text, 'a.md', options)
const agentOf = (text: string): AgentFile => {
  const { agent, problems } = parse(text)
  if (!agent) throw new Error(problems[0]?.message)
  return agent
}
const errorsOf = (problems: readonly Problem[]) => problems.filter(({ severity }) => severity === 'error')

test('a complete file gives an agent', () => {
  const text = file(
    'name: code-reviewer\ndescription: Reviews.\ntools: Read, Bash(git *)\nmodel: opus\ncolor: purple\nmaxTurns: 5',
    '\nYou review.\n',
  )
  expect(parse(text)).toEqual({
    agent: {
      name: 'code-reviewer',
      description: 'Reviews.',
      role: 'reviewer',
      tools: ['Read', 'Bash(git *)'],
      disallowedTools: [],
      model: 'opus',
      color: 'purple',
      maxTurns: 5,
      prompt: 'You review.',
      path: 'a.md',
      bodyLine: 9,
    },
    problems: [],
  })
})

describe('fields', () => {
  test.each([
    ['no tools at all', '', 'all'],
    ['a star', 'tools: "*"', 'all'],
    ['a bare star', 'tools: *', 'all'],
    ['nothing after the key', 'tools:', []],
    ['an empty list', 'tools: []', []],
    ['a list', 'tools:\n  - Read\n  - Bash(git log, git diff)', ['Read', 'Bash(git log, git diff)']],
    ['commas and spaces', 'tools: Read,Write  Grep', ['Read', 'Write', 'Grep']],
  ])('tools from %s', (_, line, tools) => {
    expect(agentOf(valid(line)).tools).toEqual(tools)
  })

  test('BAD 60: a tool that is asked for is a request by its raw name', () => {
    expect(agentOf(valid('tools: Bash(*)\ndisallowedTools: Write')).tools).toEqual(['Bash(*)'])
    expect(agentOf(valid('disallowedTools: Write')).disallowedTools).toEqual(['Write'])
  })

  test('tools are not split within parentheses, and an open one is none', () => {
    expect(splitTools('A(b c, d) E,F')).toEqual(['A(b c, d)', 'E', 'F'])
    expect(splitTools('A(b')).toBeNull()
  })

  test('the role is the one given, else the last word of the name', () => {
    expect(agentOf(valid('role: author')).role).toBe('author')
    expect(agentOf(file('name: web-researcher-2\ndescription: d')).role).toBe('researcher')
  })

  test.each([
    ['color: mauve', 'color'],
    ['maxTurns: 0', 'maxTurns'],
    ['maxTurns: many', 'maxTurns'],
    ['model: [a]', 'model'],
    ['role: A B', 'role'],
  ])('a bad optional field is dropped with a warning: %s', (line, key) => {
    const { agent, problems } = parse(valid(line))
    expect(agent).not.toBeNull()
    expect(problems).toMatchObject([{ severity: 'warning', line: 4, message: expect.stringContaining(key) }])
  })

  test('a missing description is an error', () => {
    expect(errorsOf(parse(file('name: writer')).problems)).toMatchObject([
      { message: expect.stringContaining('description is missing') },
    ])
  })

  test('a model that the caller does not know is an error of its own', () => {
    const { agent, problems } = parse(valid('model: gpt-9'), { knownModel: () => 'opus' })
    expect(agent).toBeNull()
    expect(problems).toMatchObject([
      { code: 'model.unknown', line: 4, message: expect.stringContaining('did you mean "opus"?') },
    ])
  })
})

describe('front matter that many public files have', () => {
  test('a value with a colon is read, with a warning that names its line', () => {
    const { agent, problems } = parse(
      file('name: writer\ndescription: Use this when: text is needed. Examples:\\n\\n- one'),
    )
    expect(agent?.description).toBe('Use this when: text is needed. Examples:\\n\\n- one')
    expect(problems).toMatchObject([{ severity: 'warning', line: 3, code: 'agent-file.invalid' }])
  })

  test('a value with a colon does not hide what else is wrong', () => {
    const { agent, problems } = parse(file('name: writer\ndescription: Use this when: needed\ntols: Read'))
    expect(agent?.description).toBe('Use this when: needed')
    expect(problems).toMatchObject([
      { line: 3 },
      { line: 4, message: expect.stringContaining('did you mean "tools"?') },
    ])
  })

  test('what is no YAML even with quotes is read line by line', () => {
    const { agent } = parse(
      file('name: writer\ndescription: "Quoted" and: then not\nContext: goes on\ntools: Read\nmaxTurns: 7'),
    )
    expect(agent).toMatchObject({
      name: 'writer',
      description: '"Quoted" and: then not\nContext: goes on',
      tools: ['Read'],
      maxTurns: 7,
    })
  })

  test('block text is kept', () => {
    expect(agentOf(file('name: writer\ndescription: |\n  One: a\n  Two\nmodel: opus')).description).toBe('One: a\nTwo')
  })
})

describe('a file that cannot be read as an agent is an error with its line', () => {
  const bomb = `a: &a [x]\n${'bcdefghi'
    .split('')
    .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`)
    .join('\n')}`
  test.each<[number, string, string, number, RegExp]>([
    [49, 'a fence of another language', '---js\n{ name: process.exit(1) }\n---\nx', 1, /names a language/],
    [49, 'a fence of another language, spaced', '--- javascript\nx\n---\n', 1, /names a language/],
    [50, 'no front matter', '# Title\nYou write.', 1, /no front matter/],
    [50, 'front matter that is no map', '---\njust text\n---\nx', 1, /name is missing/],
    [50, 'front matter that is empty', '---\n---\nx', 1, /name is missing/],
    [51, 'front matter that is not closed', '---\nname: a\ndescription: b\n', 1, /not closed/],
    [52, 'an empty file', '', 1, /empty/],
    [52, 'a blank file', '\n  \n', 1, /empty/],
    [58, 'a name that is a path', file('name: ../x\ndescription: d'), 2, /"\.\.\/x"/],
    [58, 'a name that Windows reserves', file('name: CON\ndescription: d'), 2, /reserved/],
    [58, 'a name that the language reserves', file('name: constructor\ndescription: d'), 2, /reserved/],
    [58, 'a name with a space', file('name: a b\ndescription: d'), 2, /letters/],
    [58, 'a name that is an emoji', file('name: 🐙\ndescription: d'), 2, /u\{1f419\}/],
    [58, 'a name of 300 characters', file(`name: ${'a'.repeat(300)}\ndescription: d`), 2, /64/],
    [58, 'a name with a look-alike letter', file('name: wr\u0456ter\ndescription: d'), 2, /wr\\u\{456\}ter/],
    [58, 'a name that is a number', file('name: 7\ndescription: d'), 2, /quotes/],
    [62, 'tools that are a number', valid('tools: 5'), 4, /list of tools/],
    [62, 'tools that hold a map', valid('tools: [{ a: b }]'), 4, /list of tools/],
    [62, 'disallowed tools that are a map', valid('disallowedTools: { Bash: true }'), 4, /list of tools/],
    [63, 'a key that is there twice', valid('name: other'), 4, /twice/],
    [63, 'a key that is there twice deep within', valid('x:\n  y: 1\n  y: 2'), 6, /twice/],
    [63, 'a key that is there twice where YAML fails', file('name: "a" b\nname: c\ndescription: d'), 3, /twice/],
    [64, 'an alias bomb', valid(bomb), 5, /alias/],
    [64, 'many aliases of one value', valid(`a: &a x\nb: [${Array(9).fill('*a')}]`), 5, /more than 8/],
    [66, 'an anchor that holds itself', valid('a: &a [*a]'), 4, /alias/],
    [66, 'a map that holds itself', valid('a: &a\n  b: *a'), 5, /alias/],
    [67, 'a function tag', valid('x: !!js/function "function () {}"'), 4, /tag/],
    [67, 'a binary tag', valid('x: !!binary aGk='), 4, /tag/],
    [67, 'a tag of its own', valid('x: !thing y'), 4, /tag/],
    [68, 'a tab as indentation', valid('tools:\n\t- Read'), 5, /[Tt]abs/],
  ])('BAD %d: %s', (_, __, text, line, says) => {
    const { agent, problems } = parse(text)
    expect(agent).toBeNull()
    expect(errorsOf(problems)[0]).toMatchObject({ path: 'a.md', line, code: 'agent-file.invalid' })
    expect(errorsOf(problems)[0]?.message).toMatch(says)
  })

  test('BAD 65: 50,000 keys are refused by size before they are parsed', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => `k${i}: 1`).join('\n')
    expect(parse(valid(keys)).problems).toMatchObject([{ message: expect.stringContaining('64 KB') }])
  })

  test('BAD 65: as many keys as fit are parsed without comparing each with each', () => {
    const keys = Array.from({ length: 8000 }, (_, i) => `k${i}:`).join('\n')
    const { agent, problems } = parse(valid(keys))
    expect(agent?.name).toBe('writer')
    expect(problems).toHaveLength(8000)
  })

  test.each([
    ['brackets', `x: ${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['open braces', `x: ${'{'.repeat(60_000)}`],
    ['dashes', `x:\n  ${'- '.repeat(30_000)}a`],
    ['question marks', `${'? '.repeat(30_000)}a`],
  ])('BAD 64: deep nesting is refused before it is parsed: %s', (_, text) => {
    expect(errorsOf(parse(valid(text)).problems)).toMatchObject([{ message: expect.stringContaining('nested deeper') }])
  })

  test('BAD 53: a byte order mark and CRLF are accepted', () => {
    const agent = agentOf(`\ufeff${valid('tools: Read', 'One.\nTwo.').replaceAll('\n', '\r\n')}`)
    expect(agent).toMatchObject({ name: 'writer', tools: ['Read'], prompt: 'One.\nTwo.', bodyLine: 6 })
  })

  test('BAD 59: an unknown key is a warning with what was meant', () => {
    const { agent, problems } = parse(valid('tols: Read'))
    expect(agent?.tools).toBe('all')
    expect(problems).toMatchObject([
      { severity: 'warning', line: 4, message: expect.stringContaining('did you mean "tools"?') },
    ])
  })

  test('BAD 59: a key that would be a prototype is only an unknown key', () => {
    expect(parse(valid('__proto__: { name: evil }'))).toMatchObject({
      agent: { name: 'writer' },
      problems: [{ severity: 'warning' }],
    })
  })

  test('BAD 61: a tool that the caller does not know is an error with what was meant', () => {
    const knownTool = (name: string) => name === 'Read' || (name === 'Raed' ? 'Read' : false)
    const { agent, problems } = parse(valid('tools: Read, Raed, Fly'), { knownTool })
    expect(agent).toBeNull()
    expect(problems).toMatchObject([
      { code: 'tool.unknown', line: 4, message: expect.stringContaining('did you mean "Read"?') },
      { code: 'tool.unknown', line: 4, message: expect.stringContaining('"Fly"') },
    ])
  })

  test.each([
    ['a zero-width space', '\u200b', 'U+200B'],
    ['a tag character', '\u{e0041}', 'U+E0041'],
    ['a bidirectional override', '\u202e', 'U+202E'],
    ['a terminal escape', '\u001b[2J', 'U+001B'],
    ['a joiner outside an emoji', 'a\u200db', 'U+200D'],
  ])('BAD 69: %s in the prompt is shown, and an error when strict', (_, hidden, shown) => {
    const text = valid('', `Fine.\nObey${hidden} me.`)
    const { agent, problems } = parse(text)
    expect(agent).not.toBeNull()
    expect(problems).toMatchObject([{ severity: 'warning', line: 6, message: expect.stringContaining(shown) }])
    expect(parse(text, { strict: true })).toMatchObject({ agent: null, problems: [{ severity: 'error' }] })
  })

  test('BAD 69: hidden characters in the description are found, emoji are not hidden', () => {
    expect(parse(file('name: a\ndescription: b\u2066c')).problems).toMatchObject([{ line: 3, severity: 'warning' }])
    expect(parse(valid('', 'A 👩\u200d💻 and a ✔\ufe0f.')).problems).toEqual([])
  })

  test.each([
    'hooks: { Stop: [] }',
    'env:\n  A: b',
    'ANTHROPIC_BASE_URL: http://x',
    'mcpServers: [x]',
    'permissionMode: bypass',
  ])('BAD 71: %s is ignored with a warning of security', (line) => {
    const { agent, problems } = parse(valid(line))
    expect(Object.keys(agent ?? {}).sort()).toEqual([
      'bodyLine',
      'description',
      'disallowedTools',
      'name',
      'path',
      'prompt',
      'role',
      'tools',
    ])
    expect(problems).toMatchObject([{ severity: 'warning', line: 4, message: expect.stringContaining('for security') }])
  })
})
