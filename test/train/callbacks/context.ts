import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Callback,
  History,
  type Logs,
  nn,
  optim,
  type TrainingContext,
} from '../../../ts/index.js'

/** A folder for the tests of a suite. */
export function scratch(): { path: (name: string) => string } {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gradlane-callbacks-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })
  return { path: (name) => join(folder, name) }
}

/** A model with one weight, so that a test sees which epoch it is of. */
export class Subject {
  readonly model = new nn.Sequential(new nn.Linear(1, 1))
  readonly optimizer = new optim.SGD(this.model.parameters(), { lr: 0.5 })
  stopped = false

  get weight(): number {
    return this.model.parameters()[0]!.item()
  }

  set weight(value: number) {
    this.model.parameters()[0]!.data[0] = value
  }

  reset(): void {
    this.stopped = false
  }

  context(): TrainingContext {
    const { model, optimizer } = this
    const stop = (): void => {
      this.stopped = true
    }
    return { model, optimizer, history: new History(), epochs: 0, stop }
  }

  /**
   * What `fit` would call for epochs with these logs, on with epoch `from`; in epoch e the weight
   * becomes e. `interrupted`: in the middle of one more epoch.
   */
  async train(
    list: readonly Callback[],
    epochs: readonly Logs[],
    options: { from?: number; interrupted?: boolean } = {},
  ): Promise<Logs[]> {
    const { from = 1, interrupted = false } = options
    const context = this.context()
    const seen: Logs[] = []
    this.reset()
    for (const callback of list) await callback.onTrainBegin?.(context)
    try {
      for (let epoch = from; epoch <= epochs.length && !this.stopped; epoch++) {
        for (const callback of list) await callback.onEpochBegin?.(context, { epoch, logs: {} })
        this.weight = epoch
        const logs = { ...epochs[epoch - 1] }
        for (const callback of list) await callback.onEpochEnd?.(context, { epoch, logs })
        seen.push(logs)
      }
      if (interrupted) this.weight = 999
    } finally {
      for (const callback of list) await callback.onTrainEnd?.(context)
    }
    return seen
  }
}

/** Logs of epochs from the values of one number. */
export function epochsOf(name: string, values: readonly number[]): Logs[] {
  return values.map((value) => ({ [name]: value }))
}
