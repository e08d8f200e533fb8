import { checkArguments } from '../../check.js'
import { type Options, path, readOptions, required, whole } from '../../options.js'
import type {
  BatchContext,
  Callback,
  EpochContext,
  TrainContext,
  TrainEndContext,
} from './callback.js'
import { SummaryWriter } from './tensorboard/summary-writer.js'

export interface TensorBoardLoggerOptions {
  /** A folder for this run; made when it is not there. */
  logDir: string
  /** Write the loss of every so many batches, as `batch/loss`. Default 0: of none. */
  everyBatches?: number
  /** Histograms of parameters and of their gradients after every so many epochs. Default 0: never. */
  histogramsEvery?: number
}

const OPTIONS = {
  logDir: required(path('a folder')),
  everyBatches: whole(0, 0),
  histogramsEvery: whole(0, 0),
} satisfies Options<TensorBoardLoggerOptions>

/**
 * Writes the logs of each epoch as `epoch/<name>` for TensorBoard, and on request batch losses and
 * histograms of parameters (`parameters/<path>`) and gradients (`gradients/<path>`). Where several processes train
 * together, how far they have kept each other waiting, too: `ranks/efficiency`, and the seconds of the rank that
 * has waited least and of that which has waited most.
 */
export class TensorBoardLogger implements Callback {
  readonly writesFiles = true
  readonly logDir: string
  readonly everyBatches: number
  readonly histogramsEvery: number
  #writer: SummaryWriter | null = null

  /** @throws ValueError for an option out of its range. */
  constructor(options: TensorBoardLoggerOptions) {
    checkArguments(new.target.name, 1, arguments)
    const given = readOptions('TensorBoardLogger', OPTIONS, options)
    const { logDir, everyBatches, histogramsEvery } = given
    this.logDir = logDir
    this.everyBatches = everyBatches
    this.histogramsEvery = histogramsEvery
  }

  /** @throws ValueError when logDir is no folder name; what the file system throws. */
  onTrainBegin({ epoch }: TrainContext): void {
    // What a training before its crash has written of epochs that come again. Batches are counted in
    // steps, which TensorBoard would take for epochs.
    const again = epoch > 0 && this.everyBatches === 0
    this.#writer = new SummaryWriter(this.logDir, again ? { purgeStep: epoch } : {})
  }

  onBatchEnd({ step, logs }: BatchContext): void {
    if (this.everyBatches === 0 || step % this.everyBatches !== 0) return
    for (const [name, value] of Object.entries(logs)) {
      this.#writer?.addScalar(`batch/${name}`, value, step)
    }
  }

  onEpochEnd({ epoch, logs, ranks, model, sync }: EpochContext): void | Promise<void> {
    for (const [name, value] of Object.entries(logs)) {
      this.#writer?.addScalar(`epoch/${name}`, value, epoch)
    }
    if (ranks !== undefined) {
      const { waitingSeconds, efficiency } = ranks
      this.#writer?.addScalar('ranks/efficiency', efficiency, epoch)
      this.#writer?.addScalar('ranks/leastWaitingSeconds', Math.min(...waitingSeconds), epoch)
      this.#writer?.addScalar('ranks/mostWaitingSeconds', Math.max(...waitingSeconds), epoch)
    }
    if (this.histogramsEvery > 0 && (epoch + 1) % this.histogramsEvery === 0) {
      for (const [path, parameter] of model.namedParameters()) {
        this.#writer?.addHistogram(`parameters/${path}`, parameter, epoch)
        if (parameter.grad === null) continue
        this.#writer?.addHistogram(`gradients/${path}`, parameter.grad, epoch)
      }
    }
    return this.#flush(sync)
  }

  onTrainEnd({ sync }: TrainEndContext): void | Promise<void> {
    const written = this.#flush(sync)
    this.#writer = null
    return written
  }

  #flush(sync: boolean): void | Promise<void> {
    return sync ? this.#writer?.flushSync() : this.#writer?.flush()
  }
}
