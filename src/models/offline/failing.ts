// Failing. Owns a model that fails a share of its calls, as a busy provider does: to see what a run does then.
import { TroupeError } from '../../runtime/errors.ts'
import type { Model } from '../../runtime/model.ts'
import { shareOf } from './chance.ts'

export type FailingOptions = {
  /** 0..1: the share of attempts that fail with `model.overloaded`, retryable. */
  share: number
  /** Chooses which. Default 0. */
  seed?: number | bigint
}

/** `model`, but a share of its attempts fails: chosen by seed, call and attempt, so the same run fails in the same places. */
export const failing = (model: Model, { share, seed = 0 }: FailingOptions): Model => ({
  ...model,
  generate: async (request, context) => {
    if (shareOf('fail', seed, context.callId, context.attempt) < share)
      throw new TroupeError('model.overloaded', 'the model is set to fail this share of calls (fail=…); try again', {
        retryable: true,
      })
    return model.generate(request, context)
  },
})
