import { checkArguments } from '../check.js'
import type { TensorModule } from '../nn/module.js'
import type { BatchSource } from './batches.js'
import { type FitOptions, type FitSyncOptions, settingsOf } from './fit-options.js'
import { drive, driveSync } from './flow.js'
import type { History } from './history.js'
import { Run } from './run.js'

/**
 * Trains a model, off the main thread where its step can be captured (everything built-in can): whole
 * epochs of a dataset in memory in one replay, batch by batch from any other source. A step that
 * computes in JavaScript runs on this thread, which lets the event loop turn between steps; the history
 * says so, and why.
 *
 * For each epoch: `zeroGrad`, forward, criterion, backward, clipping and `optimizer.step()` for each
 * batch; then validation in evaluation mode, scheduler, callbacks. The results are those of the same
 * loop written out. A last batch that is smaller is a step too, unless the loader drops it.
 *
 * Modules train with the flags they have at the start (all in training mode if the model was in
 * evaluation mode) and those that callbacks give to some of them; in the end they have the flags that
 * they had. Meanwhile `predict` answers requests with the weights of the moment, and `forward` that is called
 * from elsewhere than a step or a callback computes in evaluation mode, so it changes nothing either. The gradients of
 * parameters that the optimizer does not hold are those of a step, too: they do not add up.
 *
 * @param loader A `DataLoader`, or batches [features, targets] from any iterable or async iterable
 *   that can be iterated over once an epoch; the next batch is asked for while one is trained on. Or
 *   the two tensors [features, targets] of all samples, cut by `batchSize` and `shuffle`.
 * @returns the history; `history.last` are the logs of the last epoch.
 * @throws ValueError for options out of their range; ShapeError, DTypeError when batches do not fit
 *   the model; FormatError when the checkpoint to resume from is damaged, LockedError when another
 *   training writes it; DistributedError when the ranks do not train the same, or one is lost; `signal.reason` when the signal was aborted. The steps that were run stay, and
 *   `historyOf(error)` has the epochs.
 *
 * @example
 * const history = await fit(model, loader, { criterion, optimizer, epochs: 5, validation, metrics: ['accuracy'] })
 * console.log(history.last.valAccuracy)
 */
export async function fit(
  model: TensorModule,
  loader: BatchSource,
  options: FitOptions,
): Promise<History> {
  checkArguments('fit', 3, arguments)
  const settings = settingsOf('fit', false, model, loader, options)
  const ranks = settings.world && (await import('./ranks.js')).ranksOf(settings, settings.world)
  return drive(new Run(settings, ranks).toTheEnd())
}

/**
 * As `fit`, without a promise: on this thread (with all threads of the pool), to the same bits. For
 * scripts; nothing else happens meanwhile, and progress is told between epochs, or steps where a
 * callback, a scheduler or a checkpoint wants them.
 *
 * @throws as `fit`; ValueError for batches or callbacks that would have to be waited for.
 */
export function fitSync(
  model: TensorModule,
  loader: BatchSource,
  options: FitSyncOptions,
): History {
  checkArguments('fitSync', 3, arguments)
  return driveSync(
    'fitSync',
    new Run(settingsOf('fitSync', true, model, loader, options), null).toTheEnd(),
  )
}
