import type { Callback, EpochContext, TrainContext } from './callback.js'

/**
 * Adds the learning rate that an epoch began with to its logs: `lr`, or with several parameter groups
 * `lr0`, `lr1`, … (a group with a name: `lr.name`). Comes before those that write the logs.
 */
export class LearningRateMonitor implements Callback {
  #lrs: Record<string, number> = {}

  onEpochBegin({ optimizer }: TrainContext): void {
    const { paramGroups } = optimizer
    this.#lrs = {}
    paramGroups.forEach((group, i) => {
      const { name } = group as { name?: string }
      const key = paramGroups.length === 1 ? 'lr' : name === undefined ? `lr${i}` : `lr.${name}`
      this.#lrs[key] = group.lr
    })
  }

  onEpochEnd({ logs }: EpochContext): void {
    Object.assign(logs, this.#lrs)
  }
}
