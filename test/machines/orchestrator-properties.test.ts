// Random plans, and random orders of what comes back. What must hold whatever happens is checked after every message.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OrchestratorContext } from '../../src/machines/orchestrator.ts'
import { loadOf } from '../../src/machines/team-work.ts'
import { member, planned, planOf, team } from './team-stage.ts'

const members = [member('ada', 'w'), member('bob', 'w'), member('eve', 'x'), member('kim', 'x'), member('reviewer')]

type Draw = { needs: number[]; who: number; review: boolean }
const draws = fc.array(
  fc.record({
    needs: fc.array(fc.nat({ max: 7 }), { maxLength: 3 }),
    who: fc.nat({ max: 5 }),
    review: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
)

const whoFor = (who: number) => {
  if (who < 2) return { role: ['w', 'x'][who]! }
  return who < 5 ? { agent: members[who - 2]!.name } : {}
}

/** Tasks need only tasks drawn before them, and are then listed backwards, so that order in the list means nothing. */
const planFrom = (drawn: readonly Draw[]) =>
  planOf(
    ...drawn
      .map(({ needs, who, review }, index) =>
        planned(
          `t${index}`,
          [...new Set(needs.filter((need) => need < index))].map((need) => `t${need}`),
          { ...whoFor(who), review },
        ),
      )
      .reverse(),
  )

/** What each step does: whom of those who work to let answer, how, and whether to say it twice. */
const steps = fc.array(
  fc.record({ pick: fc.nat(), how: fc.nat({ max: 9 }), score: fc.nat({ max: 100 }), twice: fc.boolean() }),
  { minLength: 200, maxLength: 200 },
)

const over = ['done', 'failed', 'skipped']

test('whatever comes back in whatever order, every task ends, none is ordered twice in a round, nothing starts too early', () => {
  fc.assert(
    fc.property(draws, steps, (drawn, chosen) => {
      const it = team({ team: members, reviewer: 'reviewer', maxRounds: 2, output: 'by-agent', plan: planFrom(drawn) })
      const open: { to: string; taskId: string }[] = []
      const ordered = new Set<string>()
      const dead = new Set<string>()
      const work = () => it.context<OrchestratorContext>().work!

      const check = () => {
        for (const { to, event } of it.sent()) {
          if (event.type !== 'task_request') continue
          const order = { to: to.slice('run/team/'.length), taskId: event.taskId as string }
          const name = `${order.taskId} by ${order.to}`
          expect(ordered, `${name} is ordered once`).not.toContain(name)
          ordered.add(name)
          expect(dead, 'nothing is sent to the dead').not.toContain(order.to)
          const { task } = work().tasks[order.taskId.split('.')[1]!]!
          for (const need of task.dependencies) expect(work().tasks[need]!.state).toBe('done')
          open.push(order)
        }
        for (const { name } of members) {
          const held = open.filter(({ to, taskId }) => to === name && isOpen(taskId, name))
          expect(loadOf(work(), name)).toBe(held.length)
        }
      }
      const isOpen = (taskId: string, by: string) => {
        const [kind, id, round] = taskId.split('.')
        const { state, agent, round: now } = work().tasks[id!]!
        if (now !== Number(round)) return false
        return kind === 'work' ? state === 'working' && agent === by : state === 'reviewing'
      }
      const answer = (
        { to, taskId }: { to: string; taskId: string },
        { how, score }: { how: number; score: number },
      ) => {
        if (how === 9) it.fail(to, taskId)
        else if (taskId.startsWith('review.')) it.score(to, taskId, score)
        else it.done(to, taskId)
      }

      it.ask()
      check()
      for (const step of chosen) {
        if (it.state === 'complete' || it.state === 'error') break
        if (step.how === 8 && step.twice) {
          const { name } = members[step.pick % members.length]!
          if (dead.has(name)) continue
          dead.add(name)
          it.die(name)
          check()
          continue
        }
        const alive = open.filter(({ to }) => !dead.has(to))
        if (alive.length === 0) break
        const order = alive[step.pick % alive.length]! // an old one now and then: it must change nothing
        const wasOpen = isOpen(order.taskId, order.to)
        const before = JSON.stringify(work())
        answer(order, step)
        if (!wasOpen) expect(JSON.stringify(work())).toBe(before)
        check()
      }
      for (let left = 300; left > 0 && it.state.startsWith('working'); left--) {
        const order = open.find(({ to, taskId }) => isOpen(taskId, to))
        expect(order, 'somebody is awaited as long as it works').toBeDefined()
        answer(order!, { how: 0, score: 100 })
        check()
      }
      expect(['complete', 'error']).toContain(it.state)
      for (const { state } of Object.values(work().tasks)) expect(over).toContain(state)
      expect(it.told()).toBeDefined()
    }),
    { numRuns: 150 },
  )
})
