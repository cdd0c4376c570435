// The package: what package.json promises, what is in the tarball, and that the tarball works where there is nothing else.
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run, temporaryFolder } from './run.ts'
import { filesIn, root } from './source.ts'

const pkg = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  version: string
  exports: Record<string, unknown>
  scripts: Record<string, string>
  dependencies: Record<string, string>
  [key: string]: unknown
}

const entry = (path: string) => ({
  source: `./src/${path}.ts`,
  types: `./dist/${path}.d.ts`,
  default: `./dist/${path}.js`,
})

test('package.json says what it should', () => {
  expect(pkg).toMatchObject({
    name: 'troupe',
    license: 'MIT',
    type: 'module',
    engines: { node: '>=24' },
    bin: { troupe: './dist/cli/main.js' },
    devDependencies: { node: expect.stringMatching(/^\^24/) },
    allowScripts: { node: true },
  })
  expect(pkg.exports).toEqual({
    '.': entry('index'),
    ...Object.fromEntries(
      ['machines', 'models', 'patterns', 'stores', 'tools'].map((name) => [`./${name}`, entry(`${name}/index`)]),
    ),
    './package.json': './package.json',
  })
  expect(pkg.scripts).toEqual({
    start: 'node src/cli/main.ts run',
    build: `node -e "fs.rmSync('dist',{recursive:true,force:true})" && tsc -p tsconfig.build.json`,
    lint: 'biome check --error-on-warnings .',
    types: 'tsc --noEmit',
    test: 'npm run lint && npm run types && npm run build && vitest run',
    bench: 'node bench/run.ts',
    prepack: 'npm run build',
  })
  expect(pkg.dependencies).toMatchObject({ xstate: expect.stringMatching(/^~5\.33\./) })
})

/** A copy of what the package is made from, so that building it disturbs nobody. */
const copyOfProject = (): string => {
  const dir = temporaryFolder()
  for (const path of [
    'src',
    'docs',
    'examples',
    'test/house',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
  ])
    cpSync(`${root}/${path}`, join(dir, path), { recursive: true })
  for (const path of ['package.json', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(`${root}/${path}`, join(dir, path))
  symlinkSync(`${root}/node_modules`, join(dir, 'node_modules'))
  return dir
}

const pack = async (): Promise<{ tarball: string; paths: string[] }> => {
  const cwd = copyOfProject()
  const packed = await run('npm', ['pack', '--json', '--foreground-scripts=false'], { cwd })
  expect(packed, packed.stderr).toMatchObject({ code: 0 })
  const json = JSON.parse(packed.stdout.slice(packed.stdout.search(/^[[{]/m))) as object
  const [made] = Object.values(json) as { filename: string; files: { path: string }[] }[]
  return { tarball: join(cwd, made!.filename), paths: made!.files.map(({ path }) => path).toSorted() }
}

const builtFrom = (path: string): string[] =>
  ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((end) => path.replace(/^src\/(.*)\.ts$/, `dist/$1${end}`))

const user = `
import { createSystem, defineAgent, defineTool, type RunResult } from 'troupe'
import { agentMachine } from 'troupe/machines'
import { report, scripted } from 'troupe/models'
import { pipeline } from 'troupe/patterns'
import { sqliteStore } from 'troupe/stores'
import { workspaceTools } from 'troupe/tools'

const greeter = defineAgent({ name: 'greeter', instructions: 'You greet.' })
const model = scripted({ greeter: [[report('Hello.')]] })
await using system = await createSystem({ model, store: sqliteStore('store.db') })
const result: RunResult<string> = await system.run(pipeline([greeter]), 'Greet Ada.')
console.log(result.status === 'complete' ? result.output : result.failure.code)
console.log([agentMachine.id, typeof defineTool, typeof workspaceTools].join(' '))
`

test('the tarball holds what a user needs and nothing else, and works in an empty project', {
  timeout: 180_000,
}, async () => {
  const { tarball, paths } = await pack()
  const sources = filesIn('src').map(({ path }) => path)
  const team = ['lead', 'researcher', 'reviewer', 'writer'].map((name) => `examples/team/${name}.md`)
  const expected = [
    ...sources,
    ...sources.flatMap(builtFrom),
    ...team,
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'package.json',
  ]
  expect(paths.filter((path) => !/^docs\/[\w-]+\.md$/.test(path))).toEqual(expected.toSorted())
  expect(paths.filter((path) => path.startsWith('docs/')).length).toBeGreaterThan(0)

  const cwd = temporaryFolder()
  writeFileSync(join(cwd, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }')
  const install = ['install', tarball, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  expect(await run('npm', install, { cwd })).toMatchObject({ code: 0 })

  const version = await run('npx', ['--no-install', 'troupe', '--version'], { cwd })
  expect(version).toMatchObject({ code: 0, stdout: `${pkg.version}\n` })

  const job = await run('npx', ['--no-install', 'troupe', 'run', '--model', 'offline'], { cwd })
  expect(job, job.stderr).toMatchObject({ code: 0 })

  writeFileSync(join(cwd, 'main.ts'), user)
  const ran = await run(process.execPath, ['main.ts'], { cwd })
  expect(ran).toMatchObject({ code: 0, stdout: 'Hello.\nagent function function\n' })

  const check = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'es2024,esnext.disposable',
  ]
  const types = ['--types', 'node', '--typeRoots', `${root}/node_modules/@types`]
  const checked = await run(`${root}/node_modules/.bin/tsc`, [...check, ...types, 'main.ts'], { cwd })
  expect(checked).toMatchObject({ code: 0, stdout: '' })
})
