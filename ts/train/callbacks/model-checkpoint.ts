import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { complaint, ValueError } from '../../errors.js'
import { saveSafetensors, saveSafetensorsSync } from '../../io/safetensors-file.js'
import { checkArguments, checkObject } from '../../check.js'
import { nullable, type Options, path, readOptions, required, whole } from '../../options.js'
import { driveAs, type Flow, wait } from '../flow.js'
import type { Callback, EpochContext } from './callback.js'
import { MONITOR, Monitor, type MonitorOptions } from './monitor.js'

export interface ModelCheckpointOptions extends Omit<MonitorOptions, 'monitor'> {
  /** A safetensors file in a folder that exists; `{epoch}` stands for the number of the epoch. */
  path: string
  /** Save when this number in the logs is better than ever; null: always. Default `valLoss`. */
  monitor?: string | null
  /** Look only after every so many epochs. Default 1. */
  every?: number
}

const OPTIONS = {
  path: required(path()),
  ...MONITOR,
  monitor: nullable(MONITOR.monitor),
  every: whole(1, 1),
} satisfies Options<ModelCheckpointOptions>

const NAME = 'ModelCheckpoint'

/**
 * Saves the model's state dict after an epoch, by default whenever it is the best so far. The file is
 * replaced as a whole, so there is always one that can be read. Its metadata tell `epoch`, `step` and
 * the monitored number.
 *
 * @see https://lightning.ai/docs/pytorch/stable/api/lightning.pytorch.callbacks.ModelCheckpoint.html
 *
 * @example
 * const best = new callbacks.ModelCheckpoint({ path: 'best.safetensors' })
 * // afterwards
 * model.loadStateDict((await io.loadSafetensors('best.safetensors')).tensors)
 */
export class ModelCheckpoint implements Callback {
  readonly writesFiles = true
  readonly path: string
  readonly every: number
  readonly #monitor: Monitor | null
  #lastPath: string | null = null
  #resumed = false

  /** @throws ValueError for an option out of its range. */
  constructor(options: ModelCheckpointOptions) {
    checkArguments(new.target.name, 1, arguments)
    const { path, monitor, every, ...rest } = readOptions(NAME, OPTIONS, options)
    this.path = path
    this.every = every
    this.#monitor = monitor === null ? null : new Monitor(NAME, { ...rest, monitor })
  }

  /** The best value so far; null where nothing is monitored. */
  get best(): number | null {
    return this.#monitor?.best ?? null
  }

  /** The file that was written last; null before. */
  get lastPath(): string | null {
    return this.#lastPath
  }

  /** @throws ValueError when there is no such folder: now, not after the first epoch. */
  onTrainBegin(): void {
    const folder = dirname(this.path)
    if (!folder.includes('{epoch}') && !existsSync(folder)) {
      throw new ValueError(complaint(NAME, 'path', 'in a folder that exists', this.path))
    }
    if (this.#monitor !== null && !this.#resumed) this.#monitor.best = this.#monitor.worst
    this.#resumed = false
  }

  /** @throws ValueError when the logs do not have what is monitored; what the file system throws. */
  onEpochEnd(context: EpochContext): void | Promise<void> {
    return driveAs(context.sync, NAME, this.#save(context))
  }

  *#save({ epoch, step, logs, model, sync }: EpochContext): Flow<void> {
    if ((epoch + 1) % this.every !== 0) return
    const metadata: Record<string, string> = { epoch: String(epoch), step: String(step) }
    if (this.#monitor !== null) {
      const value = this.#monitor.valueIn(logs)
      if (!this.#monitor.improves(value)) return
      metadata[this.#monitor.key] = String(value)
    }
    const path = this.path.replaceAll('{epoch}', String(epoch))
    // The bytes are copied before the first wait, so a training that goes on does not change them.
    if (sync) saveSafetensorsSync(model.stateDict(), path, { metadata })
    else yield* wait(saveSafetensors(model.stateDict(), path, { metadata }))
    this.#lastPath = path
  }

  stateDict(): Record<string, unknown> {
    return { best: this.best }
  }

  /** @throws ValueError when it is not what `stateDict` returned. */
  loadStateDict(state: Record<string, unknown>): void {
    checkObject(`${NAME}.loadStateDict`, 'the state', state)
    if (this.#monitor !== null) this.#monitor.best = this.#monitor.checkedBest(state['best'])
    this.#resumed = true
  }
}
