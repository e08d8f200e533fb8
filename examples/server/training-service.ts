// A model that is trained in the background and answers all the while: the part without HTTP.
import { EventEmitter } from 'node:events'
import { rmSync } from 'node:fs'

import {
  type callbacks,
  data,
  fit,
  type FloatDType,
  manualSeed,
  nn,
  optim,
  softmax,
  tensor,
  ValueError,
} from '../../ts/index.js'

/** Rows to learn from: features and the class of each. */
export interface Samples {
  readonly rows: readonly (readonly number[])[]
  readonly labels: readonly number[]
}

export interface Progress {
  /** From 1. */
  readonly epoch: number
  readonly epochs: number
  readonly loss: number
  readonly accuracy: number
}

export type State = 'empty' | 'training' | 'stopped' | 'trained' | 'failed'

const DTYPE: FloatDType = 'float32'

/** Emits `progress` (Progress) after each epoch and `state` (State) when it changes. */
export class TrainingService extends EventEmitter {
  readonly #checkpoint: string
  #model: nn.Sequential | null = null
  #features = 0
  #state: State = 'empty'
  #error: string | null = null
  #samples: Samples | null = null
  #epochs = 0
  #controller: AbortController | null = null
  #running: Promise<void> = Promise.resolve()
  readonly progress: Progress[] = []

  /** @param checkpoint A file, from which `resume` goes on. */
  constructor(checkpoint: string) {
    super()
    this.#checkpoint = checkpoint
  }

  get state(): State {
    return this.#state
  }

  /** Why the last training failed. */
  get error(): string | null {
    return this.#error
  }

  /** Starts a training on these rows. The new model answers at once, and better by the epoch. */
  train(samples: Samples, epochs: number): void {
    if (this.#state === 'training') throw new Conflict('a training is running; stop it first')
    check(samples, epochs)
    this.#samples = samples
    this.#epochs = epochs
    this.progress.length = 0
    this.#start(false)
  }

  /** Goes on with the training that was stopped, from its last epoch. */
  resume(): void {
    if (this.#state !== 'stopped') throw new Conflict(`nothing to resume: ${this.#state}`)
    this.#start(true)
  }

  /** Ends the training after the step in progress. */
  async stop(): Promise<void> {
    this.#controller?.abort()
    await this.#running
  }

  /** Probabilities of the classes for each row. */
  predict(rows: Samples['rows']): number[][] {
    if (this.#model === null) throw new Conflict('there is no model yet; post rows to /train first')
    const features = this.#features
    if (!rows.every((row) => row.length === features)) {
      throw new ValueError(`every row needs ${features} numbers`)
    }
    if (rows.length === 0) return []
    const scores = this.#model.eval().forward(tensor(rows, { dtype: DTYPE }))
    return softmax(scores, 1).toArray() as number[][]
  }

  #start(resume: boolean): void {
    const { rows, labels } = this.#samples!
    if (!resume) {
      rmSync(this.#checkpoint, { force: true }) // of another training
      this.#model = networkFor(rows[0]!.length, Math.max(...labels) + 1)
      this.#features = rows[0]!.length
    }
    const model = this.#model!
    const loader = new data.DataLoader(
      [tensor(rows, { dtype: DTYPE }), tensor(labels, { dtype: 'int32' })],
      { batchSize: 32, shuffle: true },
    )
    this.#controller = new AbortController()
    const tell: callbacks.Callback = {
      onEpochEnd: ({ epoch, logs }) => {
        const { loss, accuracy } = logs
        const progress = {
          epoch: epoch + 1,
          epochs: this.#epochs,
          loss: loss!,
          accuracy: accuracy!,
        }
        this.progress.push(progress)
        this.emit('progress', progress)
      },
    }
    this.#error = null
    this.#become('training')
    this.#running = fit(model, loader, {
      criterion: new nn.CrossEntropyLoss(),
      optimizer: new optim.Adam(model.parameters(), { lr: 1e-3 }),
      epochs: this.#epochs,
      metrics: ['accuracy'],
      callbacks: [tell],
      signal: this.#controller.signal,
      checkpoint: this.#checkpoint,
      resume,
    }).then(
      () => {
        this.#become('trained')
      },
      (error: unknown) => {
        if (this.#controller?.signal.aborted === true) {
          this.#become('stopped')
        } else {
          this.#error = String(error)
          this.#become('failed')
        }
      },
    )
  }

  #become(state: State): void {
    this.#state = state
    this.emit('state', state)
  }
}

/** What is asked for does not go together with the state of the service. */
export class Conflict extends Error {}

function networkFor(features: number, classes: number): nn.Sequential {
  manualSeed(1)
  return new nn.Sequential(
    new nn.Linear(features, 64),
    new nn.ReLU(),
    new nn.Dropout(0.1),
    new nn.Linear(64, classes),
  )
}

function check({ rows, labels }: Samples, epochs: number): void {
  if (!isTable(rows)) {
    throw new ValueError('rows has to be a list of lists of numbers, all of one length')
  }
  const isLabel = (label: unknown): boolean => Number.isInteger(label) && (label as number) >= 0
  if (!Array.isArray(labels) || labels.length !== rows.length || !labels.every(isLabel)) {
    throw new ValueError('labels has to be a list of whole numbers, one for each row')
  }
  if (!Number.isInteger(epochs) || epochs < 1) throw new ValueError('epochs has to be at least 1')
}

function isTable(rows: unknown): rows is number[][] {
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) return false
  const [first] = rows as unknown[][]
  return (
    first !== undefined &&
    first.length > 0 &&
    (rows as unknown[][]).every((row) => row.length === first.length && row.every(Number.isFinite))
  )
}
