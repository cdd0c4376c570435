// Procedures. Owns which rules answer which task: by its purpose, by what the report must hold, then by the agent's role.
import type { Job, OutputKind, Report } from './job.ts'
import { plan } from './planning.ts'
import type { Procedure } from './procedure.ts'
import { generalWork, research } from './research.ts'
import { review } from './review.ts'
import { synthesise } from './synthesise.ts'
import { write } from './write.ts'

const byRole = (role: string): ((job: Job) => Procedure<Report>) => {
  if (/research/i.test(role)) return research
  return /writ|generator/i.test(role) ? write : generalWork
}

export const procedureFor = (job: Job, kind: OutputKind): Procedure<Report> => {
  if (job.purpose === 'plan' || kind === 'plan') return plan(job)
  if (job.purpose === 'review' || kind === 'verdict') return review(job)
  if (job.purpose === 'synthesise') return synthesise(job)
  return byRole(job.caller.role || job.caller.name)(job)
}
