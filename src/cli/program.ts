// Program. Owns the commands, their flags and their help. It gives an exit code and never ends the process itself.
// Each command is loaded when it is called, so that help and a mistyped flag are answered at once.
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { logLevels } from '../telemetry/log-level.ts'
import { exitHelp, exits } from './exit.ts'
import type { Host } from './host.ts'
import { reportError } from './report-error.ts'
import { defaultStore } from './stored.ts'
import { dollars, durationOf, oneOf, runId, text, whole } from './values.ts'

/** The version in package.json, which lies two folders up from source and build alike. */
const version = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`

type Finish = (work: Promise<number>) => Promise<void>

const withStore = (command: Command): Command =>
  command
    .option('--store <file>', `the store to look into (default: ${defaultStore})`, text('--store'))
    .option('--json', 'one JSON value a line')

const addRun = (program: Command, host: Host, finish: Finish): void => {
  program
    .command('run [task]')
    .description('give a task to a team of agents; without one, the main job: a guide made of Troupe’s own docs')
    .option('--input <dir>', 'a folder the agents may read', text('--input'))
    .option(
      '--agents <dir>',
      'agent files (*.md); several make a team (default: the team that comes along)',
      text('--agents'),
    )
    .option('--id <run>', 'name the run; the same id again goes on with it, or shows its result', runId('--id'))
    .option('--store <file>', `where the run is kept (default: ${defaultStore})`, text('--store'))
    .option('--out <dir>', 'where its artifacts are written (default: artifacts/<run>)', text('--out'))
    .option(
      '--model <spec>',
      'offline[:latency=50ms,seed=7], anthropic[:model], scripted:<file> (default: anthropic if ANTHROPIC_API_KEY is set, else offline)',
      text('--model'),
    )
    .option('--quality <0-100>', 'what a review must reach (default: 80)', whole('--quality', 0, 100))
    .option('--budget-usd <n>', 'the most it may cost, in US dollars', dollars('--budget-usd'))
    .option('--max-rounds <n>', 'how often a task is done at most (default: 3)', whole('--max-rounds', 1, 20))
    .option('--timeout <duration>', 'the longest it may take, such as 90s or 5m', durationOf('--timeout'))
    .option('--log-level <level>', `${logLevels.join(', ')} (default: info)`, oneOf('--log-level', logLevels))
    .option('--json', 'events on stdout, one JSON value a line, the result last')
    .addHelpText(
      'after',
      examples(
        'troupe run                                        the main job',
        'troupe run "Compare the two designs" --input ./designs',
        'troupe run "Sum up the notes" --input ./notes --agents .claude/agents --quality 90',
        'troupe run "Explain the code" --input ./src --id explain    killed? type it again: it goes on',
        'troupe run --id explain                           goes on with it, or shows what came out',
      ),
    )
    .action(async (task: string | undefined, flags) => finish((await import('./run.ts')).runRun(host, task, flags)))
}

const addLooks = (program: Command, host: Host, finish: Finish): void => {
  withStore(program.command('runs'))
    .description('the runs in a store')
    .addHelpText('after', examples('troupe runs', 'troupe runs --json'))
    .action(async (flags) => finish((await import('./runs.ts')).runRuns(host, flags)))
  withStore(program.command('show').argument('<run>', 'its id', runId('<run>')))
    .description('one run: its plan, its agents, what was made, how good, what it cost')
    .option('--write', 'write its artifacts again')
    .option('--out <dir>', 'where to', text('--out'))
    .addHelpText('after', examples('troupe show explain', 'troupe show explain --write --out ./copy'))
    .action(async (id: string, flags) => finish((await import('./show.ts')).runShow(host, id, flags)))
  withStore(program.command('events').argument('<run>', 'its id', runId('<run>')))
    .description('everything that happened in a run')
    .option('--follow', 'go on with what happens, also when another process works on it')
    .addHelpText(
      'after',
      examples('troupe events explain', 'troupe events explain --follow --json | grep call.completed'),
    )
    .action(async (id: string, flags) => finish((await import('./events.ts')).runEvents(host, id, flags)))
  withStore(program.command('calls').argument('<run>', 'its id', runId('<run>')))
    .description('the model and tool calls of a run, with tokens and cost')
    .addHelpText('after', examples('troupe calls explain', 'troupe calls explain --json'))
    .action(async (id: string, flags) => finish((await import('./calls.ts')).runCalls(host, id, flags)))
}

const addRest = (program: Command, host: Host, finish: Finish): void => {
  withStore(program.command('cancel').argument('<run>', 'its id', runId('<run>')))
    .description('end a run that no process works on')
    .option('--agents <dir>', 'its agents (default: where they were when it was started)', text('--agents'))
    .addHelpText('after', examples('troupe cancel explain'))
    .action(async (id: string, flags) => finish((await import('./cancel.ts')).runCancel(host, id, flags)))
  program
    .command('agents <dir>')
    .description('what would be loaded from a folder of agent files, and every problem with its line')
    .option('--strict', 'characters that cannot be seen are errors')
    .option('--json', 'one JSON value a line')
    .addHelpText('after', examples('troupe agents .claude/agents', 'troupe agents ./team --strict'))
    .action(async (dir: string, flags) => finish((await import('./agents.ts')).runAgents(host, dir, flags)))
  withStore(program.command('doctor'))
    .description('what is right here, what is not, and what to do')
    .option('--agents <dir>', 'agent files to check', text('--agents'))
    .addHelpText('after', examples('troupe doctor', 'troupe doctor --store ./work.db --agents ./team'))
    .action(async (flags) => finish((await import('./doctor.ts')).runDoctor(host, flags)))
}

/** The whole command line. Each command gives its exit code to `done`. */
export const buildProgram = (host: Host, done: (code: number) => void): Command => {
  const program = new Command('troupe')
    .description('Runs teams of AI agents that survive being killed: the same command again goes on where it was.')
    .version(version(), '-V, --version', 'print the version')
    .option('--debug', 'show the stack of an error')
    .exitOverride()
    .configureOutput({ writeOut: host.out, writeErr: host.err, outputError: () => {} })
    .configureHelp({ helpWidth: Math.max(40, Math.min(100, host.screen.columns())) })
    .addHelpText(
      'after',
      examples('troupe run', 'troupe run "Compare the two designs" --input ./designs', 'troupe doctor'),
    )
    .addHelpText('after', exitHelp)
  const finish: Finish = async (work) => done(await work)
  addRun(program, host, finish)
  addLooks(program, host, finish)
  addRest(program, host, finish)
  return program
}

/** `--help` and `--version` end as errors of their own. */
const isAnswer = (error: unknown): boolean => error instanceof CommanderError && error.exitCode === 0

/** Runs one command line; gives its exit code. */
export const runCommand = async (args: readonly string[], host: Host): Promise<number> => {
  let code: number = exits.ok
  const debug = args.includes('--debug')
  try {
    const program = buildProgram(host, (given) => {
      code = given
    })
    await program.parseAsync(args.filter((arg) => arg !== '--debug') as string[], { from: 'user' })
    return code
  } catch (error) {
    if (isAnswer(error)) return exits.ok
    if (error instanceof CommanderError && error.code === 'commander.help') return exits.usage
    return reportError(host, error, debug)
  }
}
