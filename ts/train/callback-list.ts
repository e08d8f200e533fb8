import { show } from '../show.js'
import type { Callback, TrainContext, TrainEndContext } from './callbacks/callback.js'
import { type Flow, wait } from './flow.js'
import { inTraining, type Modes } from './modes.js'
import type { StopRecord } from './records.js'

type Circumstances = Omit<TrainContext, 'stop'>

/** The callbacks of a training, told of it in the order of their list. */
export class CallbackList {
  readonly #callbacks: readonly Callback[]
  readonly #modes: Modes
  readonly #now: () => Circumstances
  readonly #begun: Callback[] = []
  #stopped: StopRecord | null = null

  /**
   * @param modes They follow the flags that callbacks set.
   * @param now What every callback is told.
   */
  constructor(callbacks: readonly Callback[], modes: Modes, now: () => Circumstances) {
    this.#callbacks = callbacks
    this.#modes = modes
    this.#now = now
  }

  /** Who has ended the training; null as long as nobody has. */
  get stopped(): StopRecord | null {
    return this.#stopped
  }

  set stopped(record: StopRecord | null) {
    this.#stopped = record
  }

  /** Says that the training begins. */
  *begin(): Flow<void> {
    yield* this.tell((callback, context) => {
      this.#begun.push(callback)
      return callback.onTrainBegin?.(context)
    })
  }

  *tell(call: (callback: Callback, context: TrainContext) => void | Promise<void>): Flow<void> {
    for (const [i, callback] of this.#callbacks.entries()) {
      const before = this.#modes.now()
      yield* wait(inTraining(() => call(callback, this.#context(callback, i))))
      this.#modes.follow(before)
    }
  }

  /**
   * Says to all who were told of the beginning how the training has ended, whatever another of them
   * throws.
   *
   * @returns what they have thrown.
   */
  *end(outcome: TrainEndContext['outcome']): Flow<unknown[]> {
    const errors: unknown[] = []
    for (const [i, callback] of this.#begun.entries()) {
      try {
        const context = { ...this.#context(callback, i), outcome }
        yield* wait(inTraining(() => callback.onTrainEnd?.(context)))
      } catch (error) {
        errors.push(error)
      }
    }
    return errors
  }

  #context(callback: Callback, i: number): TrainContext {
    const now = this.#now()
    const stop = (reason: unknown): void => {
      const { epoch, step } = this.#now()
      const text = typeof reason === 'string' ? reason : reason === undefined ? '' : show(reason)
      this.#stopped ??= { by: nameOf(callback, i), reason: text, epoch, step }
    }
    return { ...now, stop }
  }
}

/** Its class, or its place in the list. */
function nameOf(callback: Callback, i: number): string {
  const { name } = callback.constructor as { name?: unknown }
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : `callback ${i}`
}
