// Screen. Owns the live lines below the story: one an agent, and one of sums, drawn again in place and never wider than
// the terminal. Where lines cannot be drawn again there are none.
import type { Clock, Timer } from '../runtime/clock.ts'
import type { Screen } from './host.ts'
import { spentText } from './narrate.ts'
import type { Style } from './style.ts'
import { clip, count, duration, money, pad, padLeft, widthOf } from './text.ts'
import { type AgentView, type RunView, spentOf } from './view.ts'

export type LiveScreen = {
  /** Lines that stay, above the live ones. */
  say(lines: readonly string[]): void
  /** Something changed; it is drawn soon. */
  changed(): void
  /** Takes the live lines away. */
  close(): void
}

type Options = {
  write(text: string): void
  screen: Screen
  style: Style
  clock: Clock
  view: RunView
  /** When the run began, in ms. */
  since: number
}

const interval = 100

const colourOf = (style: Style, state: AgentView['state']): ((text: string) => string) =>
  state === 'working' ? style.strong : state === 'error' ? style.bad : style.faint

/** Name, state, what it does, tokens, cost: the last ones go first when there is no room. */
const agentLine = (agent: AgentView, nameWidth: number, columns: number, style: Style): string => {
  const paint = colourOf(style, agent.state)
  const name = pad(clip(agent.name, nameWidth), nameWidth)
  const state = columns >= 30 ? `  ${pad(agent.state, 8)}` : ''
  const tokens = columns >= 50 ? `  ${padLeft(count(agent.inputTokens + agent.outputTokens), 6)} tokens` : ''
  const cost = columns >= 70 ? `  ${padLeft(money(agent.usd), 7)}` : ''
  const room = columns - 1 - widthOf(name + state + tokens + cost) - 2
  const at = [agent.task, agent.doing].filter((part) => part !== '').join(': ')
  const doing = room < 4 ? '' : `  ${pad(clip(at, room), room)}`
  return `${paint(name + state + doing)}${style.faint(tokens + cost)}`
}

const mostAgents = 12

/** Who works stands before who does not, when there is no room for all. */
const shownAgents = (view: RunView): AgentView[] => {
  const agents = [...view.agents.values()]
  if (agents.length <= mostAgents) return agents
  const busy = (agent: AgentView) => (agent.state === 'working' ? 0 : 1)
  return agents.toSorted((a, b) => busy(a) - busy(b)).slice(0, mostAgents)
}

/** The live lines of a view: few enough for any terminal. */
export const liveLines = (
  view: RunView,
  { columns, style, elapsed }: { columns: number; style: Style; elapsed: number },
): string[] => {
  const agents = shownAgents(view)
  const longest = Math.max(0, ...agents.map(({ name }) => name.length))
  const nameWidth = Math.min(longest, Math.max(6, Math.floor(columns / 3)))
  const sums = clip(`${duration(elapsed)}, ${spentText(spentOf(view))}`, columns - 1)
  return ['', ...agents.map((agent) => agentLine(agent, nameWidth, columns, style)), style.faint(sums)]
}

/** Draws while something changes, and once a second so that time goes on. */
export const createScreen = ({ write, screen, style, clock, view, since }: Options): LiveScreen => {
  let shown = 0
  let timer: Timer | null = null
  const clear = () => (shown > 0 ? `\u001b[${shown}A\r\u001b[J` : '')
  const draw = (lines: readonly string[] = []) => {
    const live = liveLines(view, { columns: screen.columns(), style, elapsed: clock.now() - since })
    write(`${clear()}${[...lines, ...live].map((line) => `${line}\n`).join('')}`)
    shown = live.length
  }
  const drawLater = (ms: number) => {
    timer?.clear()
    timer = clock.setTimer(clock.now() + ms, () => {
      draw()
      drawLater(1000)
    })
  }
  let waiting = false
  let closed = !screen.live
  const print = (lines: readonly string[]) => write(lines.map((line) => `${line}\n`).join(''))
  return {
    say: (lines) => {
      if (lines.length === 0) return
      if (closed) print(lines)
      else draw(lines)
    },
    changed: () => {
      if (waiting || closed) return
      waiting = true
      timer?.clear()
      timer = clock.setTimer(clock.now() + interval, () => {
        waiting = false
        draw()
        drawLater(1000)
      })
    },
    close: () => {
      if (closed) return
      closed = true
      timer?.clear()
      write(clear())
    },
  }
}
