import { checkArguments } from '../check.js'
import { complaint, DTypeError, ShapeError, ValueError } from '../errors.js'
import {
  atLeast,
  flag,
  floatDType,
  nullable,
  type Options,
  readOptions,
  share,
} from '../options.js'
import { checkFloat, ones, zeros } from '../tensor/create.js'
import { callFor } from '../kernels/backend.js'
import type { FloatDType } from '../kernels/dtype.js'
import { formatShape, type Shape, type Tensor } from '../tensor/tensor.js'
import { markBuiltIn } from './built-in.js'
import { BATCH_NORM_BODY, checkBatch } from './functional/batch-norm.js'
import { ones_, zeros_ } from './init/fill.js'
import { Layer } from './layer.js'
import { Parameter } from './parameter.js'

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number
  /**
   * How far the running statistics move towards those of a batch: (1 - momentum) old + momentum new.
   * null: they are the average over all batches. Default 0.1.
   */
  momentum?: number | null
  /** Whether there are a weight and a bias to train. Default true. */
  affine?: boolean
  /** Default true. Without, evaluation too uses the statistics of its batch. */
  trackRunningStats?: boolean
  /**
   * Whether in training the statistics are those of the samples of all ranks of the job, as if their batches were
   * one (`nn.SyncBatchNorm` of PyTorch). All of them have to make the same passes then. Default false; in a
   * process of its own it changes nothing.
   */
  sync?: boolean
  /** Default `float32`. */
  dtype?: FloatDType
}

const OPTIONS = {
  eps: atLeast(0, 1e-5),
  momentum: nullable(share(0.1)),
  affine: flag(true),
  trackRunningStats: flag(true),
  sync: flag(false),
  dtype: floatDType(),
} satisfies Options<BatchNormOptions>

/** What `BatchNorm1d` and `BatchNorm2d` have in common. */
export abstract class BatchNorm extends Layer {
  weight: Parameter | null
  bias: Parameter | null
  /** Average of the mean of each feature; 0 at first. Null without trackRunningStats. */
  readonly runningMean: Tensor | null
  /** Average of the unbiased variance of each feature; 1 at first. Null without trackRunningStats. */
  readonly runningVar: Tensor | null
  /** int32, 0-dimensional: training batches since the running statistics were reset. */
  readonly numBatchesTracked: Tensor | null
  readonly eps: number
  readonly momentum: number | null
  readonly affine: boolean
  readonly trackRunningStats: boolean
  readonly sync: boolean

  /** @throws ValueError when an argument is not in its range. */
  protected constructor(
    readonly numFeatures: number,
    options: BatchNormOptions,
  ) {
    super()
    const name = this.constructor.name
    const given = readOptions(name, OPTIONS, options)
    const { eps, momentum, affine, trackRunningStats, sync, dtype } = given
    if (!Number.isInteger(numFeatures) || numFeatures < 1) {
      const expected = 'a whole number of at least 1'
      throw new ValueError(complaint(name, 'numFeatures', expected, numFeatures))
    }
    this.eps = eps
    this.momentum = momentum
    this.affine = affine
    this.trackRunningStats = trackRunningStats
    this.sync = sync
    this.weight = affine ? new Parameter(ones([numFeatures], { dtype })) : null
    this.bias = affine ? new Parameter(zeros([numFeatures], { dtype })) : null
    const [mean, variance, batches] = trackRunningStats
      ? [zeros([numFeatures], { dtype }), ones([numFeatures], { dtype }), zeros([], INT32)]
      : [null, null, null]
    this.runningMean = mean && this.registerBuffer('running_mean', mean)
    this.runningVar = variance && this.registerBuffer('running_var', variance)
    this.numBatchesTracked = batches && this.registerBuffer('num_batches_tracked', batches)
  }

  /** What it was made with. */
  protected get options() {
    const { eps, momentum, affine, trackRunningStats, sync } = this
    const dtype = (this.weight ?? this.runningMean)?.dtype as FloatDType | undefined
    return { eps, momentum, affine, trackRunningStats, sync, dtype }
  }

  /** Sets the running statistics to mean 0 and variance 1, of no batch. */
  resetRunningStats(): void {
    const { runningMean, runningVar, numBatchesTracked } = this
    if (runningMean !== null) zeros_(runningMean)
    if (runningVar !== null) ones_(runningVar)
    if (numBatchesTracked !== null) zeros_(numBatchesTracked)
  }

  /** Sets the running statistics as `resetRunningStats` does, weight to 1 and bias to 0. */
  resetParameters(): void {
    this.resetRunningStats()
    if (this.weight !== null) ones_(this.weight)
    if (this.bias !== null) zeros_(this.bias)
  }

  /** What input shapes are accepted, for messages, and whether one is. */
  protected abstract readonly expected: string
  protected abstract accepts(shape: Shape): boolean

  protected override computeOutput(input: Tensor): Tensor {
    this.#check(input)
    return this.sync
      ? callFor(
          () => this.describe(),
          () => this.#output(input),
        )
      : this.#output(input)
  }

  #output(input: Tensor): Tensor {
    return BATCH_NORM_BODY.output(input, this.weight, this.bias, this, this.pass)
  }

  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return BATCH_NORM_BODY.gradInput(input, gradOutput, this.weight, this, this.pass)
  }

  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    const weight = this.weight?.requiresGrad === true ? this.weight : null
    const bias = this.bias?.requiresGrad === true ? this.bias : null
    if (weight === null && bias === null) return
    BATCH_NORM_BODY.gradParameters(input, gradOutput, weight, bias, this, this.pass)
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, affine, trackRunningStats, sync } = this
    return (
      `${numFeatures}, eps=${eps}, momentum=${momentum}, affine=${affine}, ` +
      `trackRunningStats=${trackRunningStats}${sync ? ', sync=true' : ''}`
    )
  }

  #check({ shape, dtype }: Tensor): void {
    const own = (this.weight ?? this.runningMean)?.dtype
    if (own === undefined) checkFloat(this.describe(), 'input', dtype)
    else if (dtype !== own) {
      throw new DTypeError(
        complaint(
          this.describe(),
          'input',
          `${own} as its state is`,
          dtype,
          `use input.to('${own}')`,
        ),
      )
    }
    if (!this.accepts(shape)) {
      throw new ShapeError(
        complaint(
          this.describe(),
          'input',
          `shape ${this.expected}`,
          `shape ${formatShape(shape)}`,
        ),
      )
    }
    checkBatch(() => this.describe(), shape, this)
  }
}

const INT32 = { dtype: 'int32' } as const

/**
 * Batch normalisation of feature vectors or sequences: for each feature
 *
 * y = (x - mean) / sqrt(var + eps) * weight + bias.
 *
 * In training mean and (biased) variance are those of the batch, and the running statistics move on,
 * the variance by the unbiased estimate; in evaluation they are the running ones. With `sync` the batch is that of
 * all ranks of the job.
 *
 * Shapes: input (batch, numFeatures) or (batch, numFeatures, length), output the same; weight and bias
 * (numFeatures). In the state dict: `weight`, `bias`, `running_mean`, `running_var`,
 * `num_batches_tracked`.
 *
 * Initialisation: weight 1, bias 0, running mean 0, running variance 1.
 *
 * Forward throws ShapeError for another shape and ValueError, in training, for one value a feature; with `sync`
 * DistributedError where the other ranks do something else.
 *
 * @example
 * new nn.Sequential(new nn.Linear(8, 32), new nn.BatchNorm1d(32), new nn.ReLU())
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
 */
export class BatchNorm1d extends BatchNorm {
  static {
    markBuiltIn(this, (layer) => [layer.numFeatures, layer.options])
  }

  /** @throws ValueError when an argument is not in its range. */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(numFeatures, options)
  }

  protected override get expected(): string {
    return `(batch, ${this.numFeatures}) or (batch, ${this.numFeatures}, length)`
  }

  protected override accepts(shape: Shape): boolean {
    return (shape.length === 2 || shape.length === 3) && shape[1] === this.numFeatures
  }
}

/**
 * Batch normalisation of images: `BatchNorm1d` over batch, height and width together.
 *
 * Shapes: input (batch, numFeatures, height, width), output the same; weight and bias (numFeatures).
 *
 * @example
 * new nn.BatchNorm2d(16).forward(randn([8, 16, 28, 28])).shape // [8, 16, 28, 28]
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
 */
export class BatchNorm2d extends BatchNorm {
  static {
    markBuiltIn(this, (layer) => [layer.numFeatures, layer.options])
  }

  /** @throws ValueError when an argument is not in its range. */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    checkArguments(new.target.name, 2, arguments)
    super(numFeatures, options)
  }

  protected override get expected(): string {
    return `(batch, ${this.numFeatures}, height, width)`
  }

  protected override accepts(shape: Shape): boolean {
    return shape.length === 4 && shape[1] === this.numFeatures
  }
}
