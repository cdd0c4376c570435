// Progress. Owns what is shown while a run is under way: NDJSON on stdout, or its story and live lines on stderr.
import type { TroupeEvent } from '../runtime/events.ts'
import type { Host } from './host.ts'
import { narrate, planLines } from './narrate.ts'
import { createScreen } from './screen.ts'
import { createStyle } from './style.ts'
import { emptyView, fold, type RunView } from './view.ts'

export type Progress = {
  readonly view: RunView
  /** An event; `isNew` when no process before this one has shown it. */
  take(event: TroupeEvent, isNew: boolean): void
  /** Takes the live lines away. */
  close(): void
}

/** `since` is when the run began, in ms. */
export const createProgress = (host: Host, { json, since }: { json: boolean; since: number }): Progress => {
  const view = emptyView()
  if (json)
    return {
      view,
      take: (event, isNew) => {
        fold(view, event)
        if (isNew) host.out(`${JSON.stringify(event)}\n`)
      },
      close: () => {},
    }
  /** A run that goes on first tells where it stands. */
  let started = false
  const style = createStyle(host.screen.colour)
  const screen = createScreen({ write: host.err, screen: host.screen, style, clock: host.clock, view, since })
  return {
    view,
    take: (event, isNew) => {
      const told = { style, columns: host.screen.columns(), full: !host.screen.live }
      if (isNew && !started && view.objective !== null) screen.say(planLines(view, told))
      started ||= isNew
      fold(view, event)
      if (isNew) screen.say(narrate(view, event, told))
      screen.changed()
    },
    close: screen.close,
  }
}
