import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { BatchNorm } from '../batch-norm.js'
import { Module } from '../module.js'

/**
 * Has every BatchNorm of a model go by the samples of all ranks of a job, as if it had been made with `sync: true`.
 * Weights and running statistics stay.
 *
 * @returns the model.
 * @throws ValueError when it is no Module.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.SyncBatchNorm.html
 *
 * @example
 * nn.utils.convertSyncBatchNorm(model)
 */
export function convertSyncBatchNorm<M extends Module>(model: M): M {
  checkArguments('convertSyncBatchNorm', 1, arguments)
  if (!(model instanceof Module)) {
    throw new ValueError(complaint('convertSyncBatchNorm', 'the model', 'a Module', model))
  }
  for (const module of model.modules()) {
    if (module instanceof BatchNorm) (module as { sync: boolean }).sync = true
  }
  return model
}
