// Team lead. Owns what the lead of a team is asked for: a plan before the work, and one result after it.
import type { TaskBody } from './protocol.ts'
import { summaryOf } from './team-summary.ts'
import type { Member, Work } from './team-work.ts'

type Team = { team: Member[]; lead: string | null; reviewer: string | null }

/** Whom a plan may use: not those who plan and review, unless there is nobody else. */
const workersIn = ({ team, lead, reviewer }: Team): Member[] => {
  const others = team.filter(({ name }) => name !== lead && name !== reviewer)
  return others.length > 0 ? others : team
}

export const planTask = (request: TaskBody, team: Team): TaskBody => ({
  ...request,
  purpose: 'plan',
  outputName: 'plan.json',
  expectedOutput: 'A plan: the objective, the success criteria and the tasks with their dependencies.',
  input: {
    ...request.input,
    values: {
      ...request.input.values,
      team: workersIn(team).map(({ name, role, description }) => ({ name, role, description })),
    },
  },
})

export const synthesisTask = (request: TaskBody, work: Work): TaskBody => {
  const { artifacts, quality, issues } = summaryOf(work)
  return {
    ...request,
    purpose: 'synthesise',
    outputName: 'final-output.md',
    round: 1,
    input: {
      values: {
        objective: work.plan.objective,
        successCriteria: work.plan.successCriteria,
        quality,
        issues: issues.map(({ text }) => text),
      },
      artifacts,
    },
  }
}
