import { complaint, ValueError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import type { Module } from '../../nn/module.js'
import type { StateDict } from '../../nn/state-dict.js'
import { overwrite } from '../../tensor/overwrite.js'
import { Tensor } from '../../tensor/tensor.js'
import { checkArguments, checkCount, checkObject } from '../../check.js'
import { flag, type Options, readOptions, whole } from '../../options.js'
import type { Callback, EpochContext, TrainEndContext } from './callback.js'
import { MONITOR, Monitor, type MonitorOptions } from './monitor.js'

export interface EarlyStoppingOptions extends MonitorOptions {
  /** So many epochs in a row without an improvement end the training. Default 3. */
  patience?: number
  /** Put the weights of the best epoch back at the end, whatever ended the training. Default true. */
  restoreBest?: boolean
}

const OPTIONS = {
  ...MONITOR,
  patience: whole(1, 3),
  restoreBest: flag(true),
} satisfies Options<EarlyStoppingOptions>

const NAME = 'EarlyStopping'

/**
 * Stops when a number has not improved for `patience` epochs, and puts the best weights (parameters
 * and persistent buffers) back. They are kept in memory.
 *
 * @see https://lightning.ai/docs/pytorch/stable/api/lightning.pytorch.callbacks.EarlyStopping.html
 *
 * @example
 * new callbacks.EarlyStopping({ monitor: 'valAccuracy', mode: 'max', patience: 5 })
 */
export class EarlyStopping implements Callback {
  readonly patience: number
  readonly restoreBest: boolean
  readonly #monitor: Monitor
  #wait = 0
  #bestEpoch: number | null = null
  #weights: Map<string, Tensor> | null = null
  #resumed = false

  /** @throws ValueError for an option out of its range. */
  constructor(options: EarlyStoppingOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    const { patience, restoreBest, ...watched } = readOptions(NAME, OPTIONS, options)
    this.#monitor = new Monitor(NAME, watched)
    this.patience = patience
    this.restoreBest = restoreBest
  }

  /** The best value so far; ±Infinity before the first. */
  get best(): number {
    return this.#monitor.best
  }

  /** The epoch that had it; null before the first. */
  get bestEpoch(): number | null {
    return this.#bestEpoch
  }

  /** Epochs since. */
  get wait(): number {
    return this.#wait
  }

  onTrainBegin(): void {
    if (!this.#resumed) {
      this.#monitor.best = this.#monitor.worst
      this.#wait = 0
      this.#bestEpoch = null
      this.#weights = null
    }
    this.#resumed = false
  }

  /** @throws ValueError when the logs do not have what is watched. */
  onEpochEnd({ epoch, logs, model, stop }: EpochContext): void {
    const value = this.#monitor.valueIn(logs)
    if (this.#monitor.improves(value)) {
      this.#wait = 0
      this.#bestEpoch = epoch
      if (this.restoreBest) this.#keep(model)
      return
    }
    this.#wait += 1
    if (this.#wait >= this.patience) {
      const { key, best } = this.#monitor
      const since = this.#bestEpoch === null ? 'at all' : `since epoch ${this.#bestEpoch} (${best})`
      stop(`${NAME}: ${key} has not improved ${since}`)
    }
  }

  onTrainEnd({ model }: TrainEndContext): void {
    const weights = this.#weights
    if (!this.restoreBest || this.#bestEpoch === null || weights === null) return
    // Also when the best epoch was the last whole one: another may have been begun since.
    for (const [name, tensor] of Object.entries(model.stateDict())) {
      const best = weights.get(name)
      if (best !== undefined) overwrite(tensor, best)
    }
  }

  stateDict(): Record<string, unknown> {
    const weights = this.#weights === null ? null : clones(Object.fromEntries(this.#weights))
    return { best: this.best, best_epoch: this.#bestEpoch, wait: this.#wait, weights }
  }

  /** @throws ValueError when it is not what `stateDict` returned; nothing was changed. */
  loadStateDict(state: Record<string, unknown>): void {
    const who = `${NAME}.loadStateDict`
    checkObject(who, 'the state', state)
    const { best: saved, best_epoch: bestEpoch, wait, weights } = state
    const best = this.#monitor.checkedBest(saved)
    checkCount(who, 'wait', wait, 0)
    if (bestEpoch !== null) checkCount(who, 'best_epoch', bestEpoch, 0)
    if (weights !== null && !isTensors(weights)) {
      throw new ValueError(complaint(who, 'weights', 'tensors by name, or null', typeof weights))
    }
    this.#monitor.best = best
    this.#bestEpoch = bestEpoch
    this.#wait = wait
    this.#weights = weights === null ? null : new Map(Object.entries(clones(weights)))
    this.#resumed = true
  }

  /** Copies the weights into storage that is used again and again. */
  #keep(model: Module): void {
    const kept = Object.entries(model.stateDict()).map(([name, tensor]) => {
      const copy = this.#weights?.get(name)
      if (copy?.length !== tensor.length || copy.dtype !== tensor.dtype) {
        return [name, tensor.clone()] as const
      }
      kernels().copy({ x: tensor, y: copy, n: tensor.length })
      return [name, copy] as const
    })
    this.#weights = new Map(kept)
  }
}

function isTensors(value: unknown): value is StateDict {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => item instanceof Tensor)
  )
}

function clones(state: StateDict): StateDict {
  return Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, tensor.clone()]))
}
