import { checkArguments } from '../../check.js'
import { complaint, ValueError } from '../../errors.js'
import { kernels } from '../../kernels/backend.js'
import { ActivationKind, BinaryKind, Broadcast } from '../../kernels/kinds.js'
import { processes } from '../../kernels/processes.js'
import { flag, type Options, readOptions, share } from '../../options.js'
import { areBorrowed } from '../../random/batch-rows.js'
import type { Pass } from '../../tensor/pass.js'
import { formatShape, type Shape, type Tensor } from '../../tensor/tensor.js'
import { allocate } from '../../tensor/workspace.js'
import { noteWrite } from '../../tensor/written.js'
import {
  apart,
  applied,
  beside,
  type Body,
  checkInput,
  type GradientSum,
  type OrOptions,
} from './applied.js'
import { channelsOf } from './group-norm.js'
import { NORM, type NormFunctionOptions } from './layer-norm.js'

/** What a batch normalisation goes by: the layer itself, or what the function was given. */
export interface BatchNormState {
  readonly numFeatures: number
  readonly eps: number
  /** null: the running statistics are the average over all batches. */
  readonly momentum: number | null
  readonly training: boolean
  /** Whether in training the batches of all processes are one. */
  readonly sync: boolean
  readonly runningMean: Tensor | null
  readonly runningVar: Tensor | null
  readonly numBatchesTracked: Tensor | null
}

const ofBatch = ({ training, runningMean, runningVar }: BatchNormState): boolean =>
  training || runningMean === null || runningVar === null

/** Whether the statistics are those of the batches of all processes. */
const isJoined = ({ sync, training }: BatchNormState): boolean =>
  sync && training && processes() > 1

/** The passes of a batch normalisation. */
export const BATCH_NORM_BODY: Body<BatchNormState> = {
  readsInput: true,

  output(x, weight, bias, state, pass) {
    const { numFeatures: channels, eps, training, runningMean, runningVar } = state
    const [batch, spatial] = extents(x.shape)
    const own = ofBatch(state)
    const joined = isJoined(state)
    const mean = pass.keepVector(own ? 'mean' : 'runningMean', channels, x.dtype)
    const inverseStd = pass.keepVector('inverseStd', channels, x.dtype)
    const out = allocate(x.shape, x.dtype)
    if (own && !joined) {
      kernels().batchNorm({
        x,
        weight,
        bias,
        runningMean: training ? runningMean : null,
        runningVar: training ? runningVar : null,
        batches: training ? state.numBatchesTracked : null,
        mean,
        inverseStd,
        out,
        batch,
        channels,
        spatial,
        eps,
        momentum: state.momentum ?? NaN,
        activation: ActivationKind.identity,
        parameter: 0,
      })
    } else {
      if (joined) joinStatistics(x, mean, inverseStd, state, pass)
      kernels().batchNormInference({
        x,
        weight,
        bias,
        runningMean: own ? null : runningMean,
        runningVar: own ? null : runningVar,
        mean,
        inverseStd,
        out,
        batch,
        channels,
        spatial,
        eps,
        activation: ActivationKind.identity,
        parameter: 0,
      })
    }
    if (training && runningMean !== null) noteWrite(runningMean)
    if (training && runningVar !== null) noteWrite(runningVar)
    return out
  },

  gradInput(x, gradOut, weight, state, pass) {
    const mean = pass.kept('mean')
    // In evaluation the statistics are constants.
    const sums =
      mean === null ? null : (pass.kept('sums') ?? sumUp(x, gradOut, null, null, state, pass))
    const share = pass.kept('share')
    if (sums !== null && share !== null) joinSums(sums, share)
    const [batch, spatial] = extents(x.shape)
    const gradX = allocate(x.shape, x.dtype)
    kernels().batchNormGradient({
      x,
      gradOut,
      weight,
      mean: mean ?? pass.kept('runningMean')!,
      inverseStd: pass.kept('inverseStd')!,
      sums,
      gradX,
      batch,
      channels: state.numFeatures,
      spatial,
    })
    return gradX
  },

  gradParameters(x, gradOut, weight, bias, state, pass) {
    sumUp(x, gradOut, weight, bias, state, pass)
    weight?.keepGrad()
    bias?.keepGrad()
  },
}

/** Mean and inverseStd of the batches of all processes. */
function joinStatistics(
  x: Tensor,
  mean: Tensor,
  inverseStd: Tensor,
  state: BatchNormState,
  pass: Pass,
): void {
  const [batch, spatial] = extents(x.shape)
  kernels().batchNormStatistics({
    x,
    runningMean: state.runningMean,
    runningVar: state.runningVar,
    batches: state.numBatchesTracked,
    mean,
    inverseStd,
    share: pass.keepVector('share', 1, 'float64'),
    batch,
    channels: state.numFeatures,
    spatial,
    eps: state.eps,
    momentum: state.momentum ?? NaN,
    counted: !areBorrowed(),
  })
}

/** Sums of this process become those that the gradient wants: of all of them, for its share of the values. */
function joinSums(sums: Tensor, share: Tensor): void {
  const { length } = sums
  kernels().allReduce({ x: sums, n: length })
  kernels().binary({
    kind: BinaryKind.mul,
    broadcast: Broadcast.scalar,
    a: sums,
    b: share,
    out: sums,
    rows: 1,
    cols: length,
  })
}

/** Two sums for each feature, and with them the gradients by weight and bias. */
function sumUp(
  x: Tensor,
  gradOut: Tensor,
  weight: GradientSum | null,
  bias: GradientSum | null,
  { numFeatures: channels }: BatchNormState,
  pass: Pass,
): Tensor {
  const [batch, spatial] = extents(x.shape)
  const sums = pass.keepVector('sums', 2 * channels, 'float64')
  kernels().batchNormSums({
    x,
    gradOut,
    mean: pass.kept('mean') ?? pass.kept('runningMean')!,
    inverseStd: pass.kept('inverseStd')!,
    sums,
    gradWeight: weight && weight.gradTarget(),
    gradBias: bias && bias.gradTarget(),
    batch,
    channels,
    spatial,
    weightBeta: weight?.gradBeta ?? 0,
    biasBeta: bias?.gradBeta ?? 0,
  })
  return sums
}

/** The batch, and all that comes after the features. */
function extents(shape: Shape): [number, number] {
  let spatial = 1
  for (let i = 2; i < shape.length; i++) spatial *= shape[i]!
  return [shape[0]!, spatial]
}

/** @throws ValueError where the statistics are those of the batch, and it has one value a feature. */
export function checkBatch(who: () => string, shape: Shape, state: BatchNormState): void {
  const [batch, spatial] = extents(shape)
  if (batch * spatial !== 1 || !ofBatch(state) || isJoined(state)) return
  throw new ValueError(
    complaint(
      who(),
      'input',
      'of more than one value a feature, so that there is a variance',
      `shape ${formatShape(shape)}`,
      state.training
        ? 'use larger batches (dropLast leaves out a last one of 1) or eval()'
        : 'trackRunningStats makes evaluation independent of the batch',
    ),
  )
}

export interface BatchNormFunctionOptions extends NormFunctionOptions {
  /** Whether statistics are those of the batch, which the running ones move towards. Default false. */
  training?: boolean
  /** (1 - momentum) old + momentum new. Default 0.1. */
  momentum?: number
}

const BATCH_NORM = {
  training: flag(false),
  momentum: share(0.1),
  ...NORM,
} satisfies Options<BatchNormFunctionOptions>

/**
 * `nn.BatchNorm1d` and `nn.BatchNorm2d` as a function.
 *
 * Shapes: x (N, C, …), result the same; the others (C).
 *
 * @param runningMean Written to in training, like runningVar; null: none.
 * @throws ShapeError, DTypeError unless they go together; ValueError in training for one value a channel, and
 *   outside of it without running statistics.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  weight?: OrOptions<BatchNormFunctionOptions>,
  bias?: OrOptions<BatchNormFunctionOptions>,
  options?: BatchNormFunctionOptions,
): Tensor {
  const who = 'batchNorm'
  checkArguments(who, 6, arguments)
  checkInput(who, x)
  const [ownWeight, ownBias, own] = apart(weight, bias, options)
  const { training, momentum, eps } = readOptions(who, BATCH_NORM, own)
  const numFeatures = channelsOf(who, x)
  const one = (what: string, of: Tensor | null | undefined): Tensor | null =>
    beside(who, x, what, of, [numFeatures])
  const statistics = {
    runningMean: one('the running mean', runningMean),
    runningVar: one('the running variance', runningVar),
  }
  for (const [name, given] of Object.entries(statistics)) {
    if (given === null ? training : !given.requiresGrad) continue
    throw given === null
      ? new ValueError(complaint(who, name, 'there, as training is false', 'null'))
      : new ValueError(complaint(who, name, 'one that requires no gradient', 'one that does'))
  }
  const state = {
    ...{ numFeatures, eps, momentum, training, sync: false },
    ...statistics,
    numBatchesTracked: null,
  }
  checkBatch(() => who, x.shape, state)
  const factor = one('the weight', ownWeight)
  return applied(who, BATCH_NORM_BODY, state, x, factor, one('the bias', ownBias))
}
