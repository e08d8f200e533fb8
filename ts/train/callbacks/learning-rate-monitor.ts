import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import type { Callback, EpochContext, TrainContext } from './callback.js'

const NAME = 'LearningRateMonitor'

/**
 * Adds the learning rate that an epoch began with to its logs: `lr`, or with several parameter groups
 * `lr0`, `lr1`, … (a group with a name: `lr.name`). Comes before those that write the logs.
 */
export class LearningRateMonitor implements Callback {
  #lrs: Record<string, number> = {}

  constructor() {
    checkArguments(NAME, 0, arguments)
  }

  /** @throws ValueError when two groups have one name. */
  onEpochBegin({ optimizer }: TrainContext): void {
    const { paramGroups } = optimizer
    this.#lrs = {}
    paramGroups.forEach((group, i) => {
      const { name } = group as { name?: string }
      const key = paramGroups.length === 1 ? 'lr' : name === undefined ? `lr${i}` : `lr.${name}`
      if (Object.hasOwn(this.#lrs, key)) {
        throw new ValueError(
          complaint(NAME, 'the names of the groups', 'all different', `${name} twice`),
        )
      }
      this.#lrs[key] = group.lr
    })
  }

  /** @throws ValueError when the logs have such a name already. */
  onEpochEnd({ logs }: EpochContext): void {
    const taken = Object.keys(this.#lrs).find((key) => Object.hasOwn(logs, key))
    if (taken !== undefined) {
      const hint = `a metric or a callback before it, perhaps a second ${NAME}, has put it there`
      throw new ValueError(complaint(NAME, 'the logs', `without ${taken}`, 'one of them', hint))
    }
    Object.assign(logs, this.#lrs)
  }
}
