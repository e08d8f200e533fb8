import { complaint, ValueError } from '../errors.js'
import type { Metric } from '../metrics/metric.js'
import { validationName } from './records.js'

/**
 * @param others Numbers that are logged beside the metrics.
 * @param validated Whether all of them are logged a second time, of the validation.
 * @throws ValueError when two numbers would be logged under one name.
 */
export function checkNames(
  who: string,
  metrics: readonly Metric<unknown>[],
  others: readonly string[],
  validated: boolean,
): void {
  const own = [...others, ...metrics.map(({ name }) => name)]
  const taken = new Set<string>()
  for (const name of validated ? [...own, ...own.map(validationName)] : own) {
    if (taken.has(name)) {
      const hint = "give one of them another: new metrics.Accuracy({ name: 'mine' })"
      throw new ValueError(
        complaint(who, 'the names in the logs', 'all different', `${name} twice`, hint),
      )
    }
    taken.add(name)
  }
}
