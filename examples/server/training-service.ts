// A model that is trained in the background and answers all the while: the part without HTTP.
import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'

import {
  type callbacks,
  data,
  fit,
  manualSeed,
  nn,
  optim,
  softmax,
  type Tensor,
  ValueError,
} from '../../ts/index.js'
import { conflict } from './limits.js'
import type { Samples } from './samples.js'

export interface Progress {
  /** From 1. */
  readonly epoch: number
  readonly epochs: number
  readonly loss: number
  readonly accuracy: number
}

export type State = 'empty' | 'training' | 'stopped' | 'trained' | 'failed'

/** Emits `progress` (Progress) after each epoch and `state` (State) when it changes. */
export class TrainingService extends EventEmitter {
  readonly #checkpoint: string
  /** Of a training that has not ended; it takes the other's place when it has. */
  readonly #next: string
  #model: nn.Sequential | null = null
  #features = 0
  #state: State = 'empty'
  #error: string | null = null
  #samples: Samples | null = null
  #epochs = 0
  /** Whether `#checkpoint` is that of the last training. */
  #kept = false
  #controller: AbortController | null = null
  #running: Promise<void> = Promise.resolve()
  progress: Progress[] = []

  /** @param checkpoint A file: the last training that was finished or stopped, with its weights. */
  constructor(checkpoint: string) {
    super()
    this.#checkpoint = checkpoint
    this.#next = `${checkpoint}.next`
  }

  get state(): State {
    return this.#state
  }

  /** Why the last training failed. */
  get error(): string | null {
    return this.#error
  }

  /** @throws Refusal while a training runs. */
  checkIdle(): void {
    if (this.#state === 'training') throw conflict('a training is running; stop it first')
  }

  /**
   * Starts a training on these rows. The new model answers at once, and better by the epoch; when the
   * training fails, the one before answers again, and its checkpoint is as it was.
   */
  train(samples: Samples, epochs: number): void {
    this.checkIdle()
    const before = [this.#model, this.#features, this.progress] as const
    this.#samples = samples
    this.#epochs = epochs
    this.#features = samples.rows.shape[1]!
    this.#model = networkFor(this.#features, samples.classes)
    this.progress = []
    this.#kept = false
    this.#start(this.#next, () => {
      ;[this.#model, this.#features, this.progress] = before
    })
  }

  /** Goes on with the training that was stopped, from its last epoch. */
  resume(): void {
    if (this.#state !== 'stopped') throw conflict(`nothing to resume: ${this.#state}`)
    this.#start(this.#kept ? this.#checkpoint : this.#next, () => undefined)
  }

  /** Ends the training after the step in progress. */
  async stop(): Promise<void> {
    this.#controller?.abort()
    await this.#running
  }

  /** Probabilities of the classes for each row, (rows, features). */
  predict(rows: Tensor): number[][] {
    if (this.#model === null) throw conflict('there is no model yet; post rows to /train first')
    if (rows.shape[1] !== this.#features) {
      throw new ValueError(`every row needs ${this.#features} numbers`)
    }
    return softmax(this.#model.eval().forward(rows), 1).toArray() as number[][]
  }

  #start(checkpoint: string, undo: () => void): void {
    this.#controller = new AbortController()
    this.#error = null
    this.#become('training')
    this.#running = this.#run(checkpoint, this.#controller.signal).then(
      (state) => {
        this.#become(state)
      },
      (error: unknown) => {
        undo()
        this.#error = String(error)
        this.#become('failed')
      },
    )
  }

  async #run(checkpoint: string, signal: AbortSignal): Promise<State> {
    if (checkpoint === this.#next && !this.#kept) await rm(this.#next, { force: true }) // of a process that died
    const { rows, labels } = this.#samples!
    const model = this.#model!
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
    let state: State = 'trained'
    await fit(model, new data.DataLoader([rows, labels], { batchSize: 32, shuffle: true }), {
      criterion: new nn.CrossEntropyLoss(),
      optimizer: new optim.Adam(model.parameters(), { lr: 1e-3 }),
      epochs: this.#epochs,
      metrics: ['accuracy'],
      callbacks: [tell],
      signal,
      checkpoint,
      resume: true,
      priority: 'background', // requests go first
      details: false,
    }).catch((error: unknown) => {
      if (!signal.aborted) throw error
      state = 'stopped'
    })
    if (checkpoint === this.#next && existsSync(this.#next)) {
      await rename(this.#next, this.#checkpoint)
      this.#kept = true
    }
    return state
  }

  #become(state: State): void {
    this.#state = state
    this.emit('state', state)
  }
}

function networkFor(features: number, classes: number): nn.Sequential {
  manualSeed(1)
  return new nn.Sequential(
    new nn.Linear(features, 64),
    new nn.ReLU(),
    new nn.Dropout(0.1),
    new nn.Linear(64, classes),
  )
}
