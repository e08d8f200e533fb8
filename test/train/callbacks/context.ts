import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type callbacks, nn, optim, type RanksRecord } from '../../../ts/index.js'

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
  readonly reasons: string[] = []

  get weight(): number {
    return this.model.parameters()[0]!.item()
  }

  set weight(value: number) {
    this.model.parameters()[0]!.data[0] = value
  }

  context(epoch = 0, step = 0): callbacks.TrainContext {
    const { model, optimizer } = this
    const stop = (reason: string): void => void this.reasons.push(reason)
    return { model, optimizer, epoch, step, sync: false, stop }
  }

  /**
   * What a training would call, for epochs with these logs; in epoch e the weight becomes e. Ends
   * after the epoch in which a callback said stop, or in the middle of the next one.
   */
  async train(
    list: readonly callbacks.Callback[],
    epochs: readonly callbacks.Logs[],
    options: {
      from?: number
      outcome?: callbacks.TrainEndContext['outcome']
      ranks?: RanksRecord
    } = {},
  ): Promise<callbacks.Logs[]> {
    const { from = 0, outcome, ranks } = options
    const seen: callbacks.Logs[] = []
    for (const callback of list) await callback.onTrainBegin?.(this.context(from, 10 * from))
    let epoch = from
    for (; epoch < epochs.length && this.reasons.length === 0; epoch++) {
      for (const callback of list) await callback.onEpochBegin?.(this.context(epoch, 10 * epoch))
      this.weight = epoch
      const step = 10 * (epoch + 1)
      const logs = { ...epochs[epoch] }
      const batch = { loss: logs['loss'] ?? 0 }
      for (const callback of list) {
        await callback.onBatchEnd?.({ ...this.context(epoch, step), logs: batch, ignored: false })
      }
      for (const callback of list) {
        const ofRanks = ranks === undefined ? {} : { ranks }
        await callback.onEpochEnd?.({ ...this.context(epoch, step), logs, ...ofRanks })
      }
      seen.push(logs)
    }
    const ended = outcome ?? (this.reasons.length > 0 ? 'stopped' : 'completed')
    if (ended === 'aborted' || ended === 'failed') this.weight = 999
    for (const callback of list) {
      await callback.onTrainEnd?.({ ...this.context(epoch, 10 * epoch), outcome: ended })
    }
    return seen
  }
}

/** Logs of epochs from the values of one number. */
export function epochsOf(name: string, values: readonly number[]): callbacks.Logs[] {
  return values.map((value) => ({ [name]: value }))
}
