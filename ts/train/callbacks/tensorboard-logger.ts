import { checkCount } from '../arguments.js'
import type { Callback, EpochEvent, TrainingContext } from '../callback.js'
import { SummaryWriter } from './tensorboard/summary-writer.js'

export interface TensorBoardLoggerOptions {
  /** A folder for this run; made when it is not there. */
  logDir: string
  /** Histograms of parameters and of their gradients after every so many epochs. Default 0: never. */
  histogramsEvery?: number
}

/**
 * Writes the logs of each epoch as `epoch/<name>` for TensorBoard, and on request histograms of parameters (`parameters/<path>`) and gradients (`gradients/<path>`).
 */
export class TensorBoardLogger implements Callback {
  readonly logDir: string
  readonly histogramsEvery: number
  #writer: SummaryWriter | null = null

  /** @throws ValueError for an option out of its range. */
  constructor(options: TensorBoardLoggerOptions) {
    const { logDir, histogramsEvery = 0 } = options
    checkCount('TensorBoardLogger', 'histogramsEvery', histogramsEvery, 0)
    this.logDir = logDir
    this.histogramsEvery = histogramsEvery
  }

  /** @throws ValueError when logDir is no folder name; what the file system throws. */
  onTrainBegin(): void {
    this.#writer = new SummaryWriter(this.logDir)
  }

  async onEpochEnd({ model }: TrainingContext, { epoch, logs }: EpochEvent): Promise<void> {
    for (const [name, value] of Object.entries(logs)) {
      this.#writer?.addScalar(`epoch/${name}`, value, epoch)
    }
    if (this.histogramsEvery > 0 && epoch % this.histogramsEvery === 0) {
      for (const [path, parameter] of model.namedParameters()) {
        this.#writer?.addHistogram(`parameters/${path}`, parameter, epoch)
        if (parameter.grad === null) continue
        this.#writer?.addHistogram(`gradients/${path}`, parameter.grad, epoch)
      }
    }
    await this.#writer?.flush()
  }

  async onTrainEnd(): Promise<void> {
    await this.#writer?.close()
    this.#writer = null
  }
}
