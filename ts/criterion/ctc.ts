import { joined, joinsGraph } from '../autograd/differentiable.js'
import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import { callFor, kernels } from '../kernels/backend.js'
import { flag, type Options, readOptions, whole } from '../options.js'
import { div } from '../ops/binary.js'
import { checkOperands } from '../ops/check.js'
import { clamp } from '../ops/clamp.js'
import { resultLike } from '../ops/result.js'
import { tensor } from '../tensor/create.js'
import { formatShape, Tensor } from '../tensor/tensor.js'
import { CRITERION, type CriterionOptions, type ReductionName } from './criterion.js'
import { FreeLoss } from './free-loss.js'
import { nonDefault } from './pointwise-loss.js'

export interface CTCLossOptions extends CriterionOptions {
  /** The class that stands for no label. Default 0. */
  blank?: number
  /** Whether a row without an alignment costs 0, and has no gradient, instead of Infinity. Default false. */
  zeroInfinity?: boolean
}

const OPTIONS = {
  blank: whole(0, 0),
  zeroInfinity: flag(false),
  ...CRITERION,
} satisfies Options<CTCLossOptions>

/** One whole number a row: an int32 or uint8 tensor, or numbers; a single one where there is no batch. */
export type Lengths = Tensor | readonly number[] | number

const NAME = 'CTCLoss'

/**
 * Connectionist temporal classification: minus the logarithm of the probability of labels of which it is not
 * known at which steps they are. All alignments are added up: a class at each step, of which runs count once
 * and blanks are then left out.
 *
 * Shapes: logarithms of probabilities (T, N, C), as `logSoftmax(x, 2)` gives them, with targets (N, S), a row
 * of labels each, or (sum of the targetLengths), one row behind the other; inputLengths and targetLengths
 * (N). Or (T, C) with targets (S) and lengths (). Targets are int32 or uint8. The loss is 0-d, or (N) for
 * reduction `none`; `mean` divides each loss by its target's length, 0 counting as 1, before the mean over
 * the batch.
 *
 * What stands behind a length, of steps or of labels, is not read, and has the gradient 0.
 *
 * Errors: ValueError for lengths that are not there, and labels that are no class or the blank.
 *
 * @example
 * const loss = new nn.CTCLoss().forward(logSoftmax(x, 2), targets, [50, 42], [10, 7])
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.CTCLoss.html
 */
export class CTCLoss extends FreeLoss<
  [logProbs: Tensor, targets: Tensor, inputLengths: Tensor, targetLengths: Tensor],
  readonly [Tensor, Tensor, Tensor, Tensor]
> {
  readonly blank: number
  readonly zeroInfinity: boolean
  readonly reduction: ReductionName

  /** @throws ValueError for another reduction or a blank that is no class. */
  constructor(options: CTCLossOptions = {}) {
    checkArguments(new.target.name, 1, arguments)
    super()
    const { blank, zeroInfinity, reduction } = readOptions(NAME, OPTIONS, options)
    this.blank = blank
    this.zeroInfinity = zeroInfinity
    this.reduction = reduction
  }

  protected override inputsOf(given: readonly unknown[]): readonly unknown[] {
    return given.map((input, i) => (i < 2 ? input : lengthsOf(LENGTHS[i - 2], input)))
  }

  override forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ): Tensor {
    const sizes = sizesOf(logProbs, targets)
    const lengths = [inputLengths, targetLengths] as [Tensor, Tensor]
    const [given, labels] = lengths.map((length, i) =>
      checkedLengths(LENGTHS[i], length, sizes.batch),
    ) as [Tensor, Tensor]
    const places = targets.to('int32')
    const losses = this.#losses(logProbs, places, given, labels, sizes)
    if (this.reduction !== 'mean') return this.reduced(losses)
    return this.reduced(div(losses, clamp(labels.to(logProbs.dtype), 1)))
  }

  /** Gradients by the inputs: by the logarithms of the probabilities; those by the others are 0. */
  override backward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ): readonly [Tensor, Tensor, Tensor, Tensor] {
    return super.backward(logProbs, targets, inputLengths as Tensor, targetLengths as Tensor)
  }

  /** The number of rows. */
  protected override computeLossWeight(logProbs: Tensor): number | null {
    if (this.reduction === 'sum') return null
    return logProbs.ndim === 3 ? logProbs.shape[1]! : 1
  }

  /** One a row. */
  #losses(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Tensor,
    targetLengths: Tensor,
    { batch, ...sizes }: Sizes,
  ): Tensor {
    const { dtype, shape } = logProbs
    const { steps, rows, labels } = sizes
    const settings = { ...sizes, blank: this.blank, zeroInfinity: this.zeroInfinity }
    const loss = resultLike(batch, dtype)
    const lattice = resultLike([steps * (2 * labels + rows)], 'float64')
    const likelihood = resultLike([rows], 'float64')
    const given = { logProbs, targets, inputLengths, targetLengths }
    callFor(this.constructor.name, () => {
      kernels().ctc({ ...given, loss, lattice, likelihood, ...settings })
    })
    if (!joinsGraph(logProbs)) return loss
    const saved = [logProbs, targets, inputLengths, targetLengths, lattice, likelihood]
    const { blank, zeroInfinity } = settings
    const attributes = { blank, zeroInfinity }
    return joined('ctcLoss', [logProbs], attributes, loss, saved, ([g], _wants, kept) => {
      const [logProbs, targets, inputLengths, targetLengths, lattice, likelihood] = kept as Six
      const grad = resultLike(shape, dtype)
      const given = { logProbs, targets, inputLengths, targetLengths, lattice, likelihood }
      kernels().ctcGradient({ ...given, gradLoss: g!, grad, ...settings })
      return [grad]
    })
  }

  override extraRepr(): string {
    return nonDefault({
      blank: [this.blank, 0],
      zeroInfinity: [this.zeroInfinity, false],
      reduction: [this.reduction, 'mean'],
    })
  }
}

type Six = readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]

const LENGTHS = ['inputLengths', 'targetLengths'] as const

/** Numbers as a tensor; anything else is left to be refused. */
function lengthsOf(what: string | undefined, given: unknown): unknown {
  if (given instanceof Tensor) return given
  const numbers: unknown[] | null = Array.isArray(given) ? given : null
  const isLength = (value: unknown): value is number =>
    typeof value === 'number' && value === (value | 0)
  if (numbers?.every(isLength) === true) return tensor(numbers, { dtype: 'int32' })
  if (isLength(given)) return tensor(given, { dtype: 'int32' })
  const expected = 'a tensor, or an array of whole numbers'
  throw new ValueError(complaint(NAME, what!, expected, given))
}

/** @throws ShapeError, DTypeError unless there is a whole number for each row. */
function checkedLengths(
  what: string | undefined,
  lengths: Tensor,
  batch: readonly number[],
): Tensor {
  const rows = batch[0] ?? 1
  if (lengths.dtype !== 'int32' && lengths.dtype !== 'uint8') {
    const hint = "use lengths.to('int32')"
    throw new DTypeError(complaint(NAME, what!, 'int32 or uint8', lengths.dtype, hint))
  }
  if (lengths.ndim > 1 || lengths.length !== rows || (batch.length === 1 && lengths.ndim === 0)) {
    const expected = `shape ${formatShape(batch)}, one a row`
    throw new ShapeError(complaint(NAME, what!, expected, `shape ${formatShape(lengths.shape)}`))
  }
  return lengths.to('int32').reshape(batch)
}

interface Sizes {
  /** The shape of the losses. */
  readonly batch: readonly number[]
  readonly steps: number
  readonly rows: number
  readonly classes: number
  readonly labels: number
  readonly concatenated: boolean
}

/** @throws ShapeError, DTypeError unless they go together. */
function sizesOf(logProbs: Tensor, targets: Tensor): Sizes {
  checkOperands(NAME, logProbs)
  if (targets.dtype !== 'int32' && targets.dtype !== 'uint8') {
    const hint = "use targets.to('int32')"
    throw new DTypeError(complaint(NAME, 'targets', 'int32 or uint8', targets.dtype, hint))
  }
  const { shape, ndim } = logProbs
  if (ndim !== 2 && ndim !== 3) {
    const got = `shape ${formatShape(shape)}`
    throw new ShapeError(complaint(NAME, 'logProbs', 'shape (T, N, C) or (T, C)', got))
  }
  const [steps, rows, classes] = ndim === 3 ? shape : [shape[0], 1, shape[1]]
  const isRows = ndim === 3 && targets.ndim === 2 && targets.shape[0] === rows
  if (!isRows && targets.ndim !== 1) {
    const expected = ndim === 3 ? `shape (${rows}, S), or one row behind the other` : 'shape (S)'
    const got = `shape ${formatShape(targets.shape)}`
    throw new ShapeError(complaint(NAME, 'targets', expected, got))
  }
  return {
    batch: ndim === 3 ? [rows] : [],
    steps: steps!,
    rows: rows,
    classes: classes!,
    labels: targets.length,
    concatenated: ndim === 3 && !isRows,
  }
}
