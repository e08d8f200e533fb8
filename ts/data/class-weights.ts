import { checkArguments } from '../check.js'
import { complaint, ValueError } from '../errors.js'
import { type Options, readOptions, whole } from '../options.js'
import { empty, Tensor } from '../tensor/tensor.js'

export interface ClassWeightsOptions {
  /** How many classes there are. Default: the largest label + 1. */
  classes?: number
}

const OPTIONS = { classes: whole(1) } satisfies Options<ClassWeightsOptions>

/** More than this is no number of a class: it would take that much memory to count it. */
const MOST_CLASSES = 2 ** 24

/**
 * Weights that let each class count alike in a loss, n / (classes · samples of the class): scikit-learn's
 * `class_weight='balanced'`.
 *
 * @param labels A class a sample, whole numbers of at least 0: a list, or an integer tensor of any shape.
 * @returns float32, a number a class.
 * @throws ValueError when a label is none of the classes, or a class has no sample.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.utils.class_weight.compute_class_weight.html
 *
 * @example
 * new nn.CrossEntropyLoss({ weight: data.classWeights(labels) })
 */
export function classWeights(
  labels: readonly number[] | Tensor,
  options: ClassWeightsOptions = {},
): Tensor {
  checkArguments('classWeights', 2, arguments)
  const { classes: most } = readOptions('classWeights', OPTIONS, options)
  const { classes, counts } = classCounts('classWeights', labels, most)
  const weights = empty([counts.length], 'float32')
  counts.forEach((count, label) => {
    if (count === 0) {
      const hint = 'it has no weight that balances it; leave the class out'
      throw new ValueError(
        complaint('classWeights', `class ${label}`, 'that of a sample', 'none', hint),
      )
    }
    weights.data[label] = classes.length / (counts.length * count)
  })
  return weights
}

/** The label of each sample, and how many samples each class has. */
export function classCounts(
  who: string,
  labels: unknown,
  most?: number,
): { readonly classes: ArrayLike<number> & Iterable<number>; readonly counts: Float64Array } {
  const list: unknown = labels instanceof Tensor ? labels.data : labels
  if ((!Array.isArray(list) && !ArrayBuffer.isView(list)) || (list as unknown[]).length === 0) {
    throw new ValueError(
      complaint(who, 'the labels', 'a list of whole numbers, or a tensor', labels),
    )
  }
  const classes = Array.from(list as unknown as ArrayLike<number>)
  const limit = most ?? MOST_CLASSES
  let largest = 0
  classes.forEach((label: unknown, i) => {
    if (!Number.isInteger(label) || (label as number) < 0 || (label as number) >= limit) {
      const expected = `a whole number from 0 to ${limit - 1}`
      throw new ValueError(complaint(who, `label ${i}`, expected, label))
    }
    largest = Math.max(largest, label as number)
  })
  const counts = new Float64Array(most ?? largest + 1)
  for (const label of classes) counts[label]!++
  return { classes, counts }
}
