// Team lead. Owns what the lead of a team is asked for: a plan before the work, and one result after it.
import type { TaskBody } from './protocol.ts'
import { summaryOf } from './team-summary.ts'
import type { Member, Work } from './team-work.ts'

type Team = { team: Member[]; lead: string | null; reviewer: string | null }

export const planTask = (request: TaskBody, { team, lead, reviewer }: Team): TaskBody => ({
  ...request,
  purpose: 'plan',
  outputName: 'plan.json',
  expectedOutput: 'A plan: the objective, the success criteria and the tasks with their dependencies.',
  input: {
    ...request.input,
    values: {
      ...request.input.values,
      team: team
        .filter(({ name }) => name !== lead && name !== reviewer)
        .map(({ name, role, description }) => ({ name, role, description })),
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
