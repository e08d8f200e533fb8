// Written by scripts/native-calls.mjs from the declarations in ts/kernels/; `npm run format` does it again.
import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'
import { dtypeOf, flatten } from './slots.js'

/** The kernels of the addon. It is loaded at the first call of one of them. */
// prettier-ignore
export const native: Kernels = {
  name: 'native',
  activation: ({ kind, x, y, n, parameter }) => {
    addon().activation(
      dtypeCode[y.dtype], kind, x.buffer, x.byteOffset, y.buffer, y.byteOffset, n, parameter,
    )
  },
  activationGradient: ({ kind, x, y, gradY, gradX, n, parameter }) => {
    addon().activationGradient(
      dtypeCode[gradX.dtype], kind, x.buffer, x.byteOffset, y.buffer, y.byteOffset, gradY.buffer,
      gradY.byteOffset, gradX.buffer, gradX.byteOffset, n, parameter,
    )
  },
  allReduce: ({ x, n }) => {
    addon().allReduce(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, n,
    )
  },
  allReduceStart: ({ x, n }) => {
    addon().allReduceStart(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, n,
    )
  },
  allReduceWait: ({ x, n }) => {
    addon().allReduceWait(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, n,
    )
  },
  attention: ({ q, k, v, mask, padding, state, logSum, out, shape, scale, causal, blocked, p }) => {
    addon().attention(
      dtypeCode[out.dtype], q.buffer, q.byteOffset, k.buffer, k.byteOffset, v.buffer, v.byteOffset,
      dtypeCode[mask?.dtype ?? 'uint8'], mask?.buffer ?? null, mask?.byteOffset ?? 0,
      dtypeCode[padding?.dtype ?? 'uint8'], padding?.buffer ?? null, padding?.byteOffset ?? 0,
      state?.buffer ?? null, state?.byteOffset ?? 0, logSum.buffer, logSum.byteOffset, out.buffer,
      out.byteOffset, shape.batch, shape.heads, shape.kvHeads, shape.rows, shape.keys, shape.width,
      shape.valueWidth, shape.qBatch, shape.qHead, shape.qRow, shape.kBatch, shape.kHead,
      shape.kRow, shape.vBatch, shape.vHead, shape.vRow, shape.outBatch, shape.outHead,
      shape.outRow, shape.maskBatch, shape.maskHead, shape.maskRow, shape.paddingBatch, shape.past,
      shape.before, shape.after, scale, causal, blocked, p,
    )
  },
  attentionGradient: ({
    q, k, v, mask, padding, state, logSum, out, gradOut, gradQ, gradK, gradV, shape, qOffset,
    kOffset, vOffset, byQ, byK, byV, scale, causal, blocked, p,
  }) => {
    addon().attentionGradient(
      dtypeCode[gradOut.dtype], q.buffer, q.byteOffset, k.buffer, k.byteOffset, v?.buffer ?? null,
      v?.byteOffset ?? 0, dtypeCode[mask?.dtype ?? 'uint8'], mask?.buffer ?? null,
      mask?.byteOffset ?? 0, dtypeCode[padding?.dtype ?? 'uint8'], padding?.buffer ?? null,
      padding?.byteOffset ?? 0, state?.buffer ?? null, state?.byteOffset ?? 0, logSum.buffer,
      logSum.byteOffset, out?.buffer ?? null, out?.byteOffset ?? 0, gradOut.buffer,
      gradOut.byteOffset, gradQ?.buffer ?? null, gradQ?.byteOffset ?? 0, gradK?.buffer ?? null,
      gradK?.byteOffset ?? 0, gradV?.buffer ?? null, gradV?.byteOffset ?? 0, shape.batch,
      shape.heads, shape.kvHeads, shape.rows, shape.keys, shape.width, shape.valueWidth,
      shape.qBatch, shape.qHead, shape.qRow, shape.kBatch, shape.kHead, shape.kRow, shape.vBatch,
      shape.vHead, shape.vRow, shape.outBatch, shape.outHead, shape.outRow, shape.maskBatch,
      shape.maskHead, shape.maskRow, shape.paddingBatch, shape.past, shape.before, shape.after,
      qOffset, kOffset, vOffset, byQ, byK, byV, scale, causal, blocked, p,
    )
  },
  augment: ({
    state, x, drawn, out, geometry, padHeight, padWidth, flip, erase, areaLow, areaHigh, ratioLow,
    ratioRoot, fill, value, before = 0, after = 0,
  }) => {
    addon().augment(
      dtypeCode[out.dtype], state.buffer, state.byteOffset, x.buffer, x.byteOffset, drawn.buffer,
      drawn.byteOffset, out.buffer, out.byteOffset, geometry.samples, geometry.channels,
      geometry.inHeight, geometry.inWidth, geometry.outHeight, geometry.outWidth, padHeight,
      padWidth, flip, erase, areaLow, areaHigh, ratioLow, ratioRoot, fill, value, before, after,
    )
  },
  augmentGradient: ({ drawn, gradOut, gradX, geometry }) => {
    addon().augmentGradient(
      dtypeCode[gradX.dtype], drawn.buffer, drawn.byteOffset, gradOut.buffer, gradOut.byteOffset,
      gradX.buffer, gradX.byteOffset, geometry.samples, geometry.channels, geometry.inHeight,
      geometry.inWidth, geometry.outHeight, geometry.outWidth,
    )
  },
  batchNorm: ({
    x, weight, bias, runningMean, runningVar, batches, mean, inverseStd, out, batch, channels,
    spatial, eps, momentum, activation, parameter,
  }) => {
    addon().batchNorm(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, weight?.buffer ?? null, weight?.byteOffset ?? 0,
      bias?.buffer ?? null, bias?.byteOffset ?? 0, runningMean?.buffer ?? null,
      runningMean?.byteOffset ?? 0, runningVar?.buffer ?? null, runningVar?.byteOffset ?? 0,
      batches?.buffer ?? null, batches?.byteOffset ?? 0, mean.buffer, mean.byteOffset,
      inverseStd.buffer, inverseStd.byteOffset, out.buffer, out.byteOffset, batch, channels,
      spatial, eps, momentum, activation, parameter,
    )
  },
  batchNormStatistics: ({
    x, runningMean, runningVar, batches, mean, inverseStd, share, batch, channels, spatial, eps,
    momentum, counted,
  }) => {
    addon().batchNormStatistics(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, runningMean?.buffer ?? null,
      runningMean?.byteOffset ?? 0, runningVar?.buffer ?? null, runningVar?.byteOffset ?? 0,
      batches?.buffer ?? null, batches?.byteOffset ?? 0, mean.buffer, mean.byteOffset,
      inverseStd.buffer, inverseStd.byteOffset, share.buffer, share.byteOffset, batch, channels,
      spatial, eps, momentum, counted,
    )
  },
  batchNormInference: ({
    x, weight, bias, runningMean, runningVar, mean, inverseStd, out, batch, channels, spatial, eps,
    activation, parameter,
  }) => {
    addon().batchNormInference(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, weight?.buffer ?? null, weight?.byteOffset ?? 0,
      bias?.buffer ?? null, bias?.byteOffset ?? 0, runningMean?.buffer ?? null,
      runningMean?.byteOffset ?? 0, runningVar?.buffer ?? null, runningVar?.byteOffset ?? 0,
      mean.buffer, mean.byteOffset, inverseStd.buffer, inverseStd.byteOffset, out.buffer,
      out.byteOffset, batch, channels, spatial, eps, activation, parameter,
    )
  },
  batchNormSums: ({
    x, gradOut, mean, inverseStd, sums, gradWeight, gradBias, batch, channels, spatial, weightBeta,
    biasBeta,
  }) => {
    addon().batchNormSums(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, gradOut.buffer, gradOut.byteOffset, mean.buffer,
      mean.byteOffset, inverseStd.buffer, inverseStd.byteOffset, sums.buffer, sums.byteOffset,
      gradWeight?.buffer ?? null, gradWeight?.byteOffset ?? 0, gradBias?.buffer ?? null,
      gradBias?.byteOffset ?? 0, batch, channels, spatial, weightBeta, biasBeta,
    )
  },
  batchNormGradient: ({
    x, gradOut, weight, mean, inverseStd, sums, gradX, batch, channels, spatial,
  }) => {
    addon().batchNormGradient(
      dtypeCode[gradX.dtype], x.buffer, x.byteOffset, gradOut.buffer, gradOut.byteOffset,
      weight?.buffer ?? null, weight?.byteOffset ?? 0, mean.buffer, mean.byteOffset,
      inverseStd.buffer, inverseStd.byteOffset, sums?.buffer ?? null, sums?.byteOffset ?? 0,
      gradX.buffer, gradX.byteOffset, batch, channels, spatial,
    )
  },
  conv2d: ({ x, weight, bias, out, geometry, activation, parameter, algorithm }) => {
    addon().conv2d(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, weight.buffer, weight.byteOffset,
      bias?.buffer ?? null, bias?.byteOffset ?? 0, out.buffer, out.byteOffset, geometry.batch,
      geometry.inChannels, geometry.inHeight, geometry.inWidth, geometry.outChannels,
      geometry.outHeight, geometry.outWidth, geometry.kernelHeight, geometry.kernelWidth,
      geometry.strideHeight, geometry.strideWidth, geometry.padTop, geometry.padLeft,
      geometry.dilationHeight, geometry.dilationWidth, geometry.groups, activation, parameter,
      algorithm,
    )
  },
  conv2dInputGradient: ({ gradOut, weight, bias, gradX, geometry, algorithm }) => {
    addon().conv2dInputGradient(
      dtypeCode[gradX.dtype], gradOut.buffer, gradOut.byteOffset, weight.buffer, weight.byteOffset,
      bias?.buffer ?? null, bias?.byteOffset ?? 0, gradX.buffer, gradX.byteOffset, geometry.batch,
      geometry.inChannels, geometry.inHeight, geometry.inWidth, geometry.outChannels,
      geometry.outHeight, geometry.outWidth, geometry.kernelHeight, geometry.kernelWidth,
      geometry.strideHeight, geometry.strideWidth, geometry.padTop, geometry.padLeft,
      geometry.dilationHeight, geometry.dilationWidth, geometry.groups, algorithm,
    )
  },
  conv2dWeightGradient: ({ x, gradOut, gradWeight, geometry, beta, algorithm }) => {
    addon().conv2dWeightGradient(
      dtypeCode[gradWeight.dtype], x.buffer, x.byteOffset, gradOut.buffer, gradOut.byteOffset,
      gradWeight.buffer, gradWeight.byteOffset, geometry.batch, geometry.inChannels,
      geometry.inHeight, geometry.inWidth, geometry.outChannels, geometry.outHeight,
      geometry.outWidth, geometry.kernelHeight, geometry.kernelWidth, geometry.strideHeight,
      geometry.strideWidth, geometry.padTop, geometry.padLeft, geometry.dilationHeight,
      geometry.dilationWidth, geometry.groups, beta, algorithm,
    )
  },
  channelSum: ({ x, out, batch, channels, spatial, beta }) => {
    addon().channelSum(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, out.buffer, out.byteOffset, batch, channels,
      spatial, beta,
    )
  },
  crossEntropy: ({
    logits, target, weight, loss, divisor, outer, classes, inner, reduction, ignoreIndex,
    labelSmoothing,
  }) => {
    addon().crossEntropy(
      dtypeCode[logits.dtype], logits.buffer, logits.byteOffset, dtypeCode[target.dtype],
      target.buffer, target.byteOffset, weight?.buffer ?? null, weight?.byteOffset ?? 0,
      loss.buffer, loss.byteOffset, divisor.buffer, divisor.byteOffset, outer, classes, inner,
      reduction, ignoreIndex, labelSmoothing,
    )
  },
  crossEntropyGradient: ({
    logits, target, weight, divisor, gradLogits, outer, classes, inner, ignoreIndex, labelSmoothing,
  }) => {
    addon().crossEntropyGradient(
      dtypeCode[logits.dtype], logits.buffer, logits.byteOffset, dtypeCode[target.dtype],
      target.buffer, target.byteOffset, weight?.buffer ?? null, weight?.byteOffset ?? 0,
      divisor.buffer, divisor.byteOffset, gradLogits.buffer, gradLogits.byteOffset, outer, classes,
      inner, ignoreIndex, labelSmoothing,
    )
  },
  ctc: ({
    logProbs, targets, inputLengths, targetLengths, loss, lattice, likelihood, steps, rows, classes,
    labels, blank, concatenated, zeroInfinity,
  }) => {
    addon().ctc(
      dtypeCode[logProbs.dtype], logProbs.buffer, logProbs.byteOffset, targets.buffer,
      targets.byteOffset, inputLengths.buffer, inputLengths.byteOffset, targetLengths.buffer,
      targetLengths.byteOffset, loss.buffer, loss.byteOffset, lattice.buffer, lattice.byteOffset,
      likelihood.buffer, likelihood.byteOffset, steps, rows, classes, labels, blank, concatenated,
      zeroInfinity,
    )
  },
  ctcGradient: ({
    logProbs, targets, inputLengths, targetLengths, lattice, likelihood, gradLoss, grad, steps,
    rows, classes, labels, blank, concatenated, zeroInfinity,
  }) => {
    addon().ctcGradient(
      dtypeCode[logProbs.dtype], logProbs.buffer, logProbs.byteOffset, targets.buffer,
      targets.byteOffset, inputLengths.buffer, inputLengths.byteOffset, targetLengths.buffer,
      targetLengths.byteOffset, lattice.buffer, lattice.byteOffset, likelihood.buffer,
      likelihood.byteOffset, gradLoss.buffer, gradLoss.byteOffset, grad.buffer, grad.byteOffset,
      steps, rows, classes, labels, blank, concatenated, zeroInfinity,
    )
  },
  dropout: ({ state, x, mask, out, n, inner, p, scale, runs = 1, before = 0, after = 0 }) => {
    addon().dropout(
      dtypeCode[out.dtype], state.buffer, state.byteOffset, x.buffer, x.byteOffset, mask.buffer,
      mask.byteOffset, out.buffer, out.byteOffset, n, inner, p, scale, runs, before, after,
    )
  },
  dropoutGradient: ({ mask, gradOut, gradX, n, inner, scale }) => {
    addon().dropoutGradient(
      dtypeCode[gradX.dtype], mask.buffer, mask.byteOffset, gradOut.buffer, gradOut.byteOffset,
      gradX.buffer, gradX.byteOffset, n, inner, scale,
    )
  },
  unary: ({ kind, x, y, n }) => {
    addon().unary(
      dtypeCode[y.dtype], kind, x.buffer, x.byteOffset, y.buffer, y.byteOffset, n,
    )
  },
  binary: ({ kind, broadcast, a, b, out, rows, cols }) => {
    addon().binary(
      dtypeCode[out.dtype], kind, broadcast, a.buffer, a.byteOffset, b.buffer, b.byteOffset,
      out.buffer, out.byteOffset, rows, cols,
    )
  },
  affine: ({ x, y, n, scale, shift }) => {
    addon().affine(
      dtypeCode[y.dtype], x.buffer, x.byteOffset, y.buffer, y.byteOffset, n, scale, shift,
    )
  },
  axpby: ({ x, y, n, alpha, beta }) => {
    addon().axpby(
      dtypeCode[y.dtype], x.buffer, x.byteOffset, y.buffer, y.byteOffset, n, alpha, beta,
    )
  },
  gather: ({
    src, index, out, srcRows, rows, cols, scale = 1, shift = 0, outer = 1, each = false, stride = 0,
  }) => {
    addon().gather(
      dtypeCode[src.dtype], src.buffer, src.byteOffset, index.buffer, index.byteOffset,
      dtypeCode[out.dtype], out.buffer, out.byteOffset, srcRows, rows, cols, scale, shift, outer,
      each, stride,
    )
  },
  scatter: ({
    src, index, out, rows, cols, count, paddingIndex = -1, beta, outer = 1, each = false,
    add = true,
  }) => {
    addon().scatter(
      dtypeCode[out.dtype], src.buffer, src.byteOffset, index.buffer, index.byteOffset, out.buffer,
      out.byteOffset, rows, cols, count, paddingIndex, beta, outer, each, add,
    )
  },
  gradNorm: ({ out, p, slots }) => {
    addon().gradNorm(
      dtypeCode[dtypeOf(slots)], out.buffer, out.byteOffset, p,
      ...flatten('gradNorm', dtypeOf(slots), slots),
    )
  },
  clipGradients: ({ norm, maxNorm, slots }) => {
    addon().clipGradients(
      dtypeCode[dtypeOf(slots)], norm.buffer, norm.byteOffset, maxNorm,
      ...flatten('clipGradients', dtypeOf(slots), slots),
    )
  },
  groupNorm: ({
    x, weight, bias, mean, inverseStd, out, batch, channels, spatial, groups, eps,
  }) => {
    addon().groupNorm(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, weight?.buffer ?? null, weight?.byteOffset ?? 0,
      bias?.buffer ?? null, bias?.byteOffset ?? 0, mean.buffer, mean.byteOffset, inverseStd.buffer,
      inverseStd.byteOffset, out.buffer, out.byteOffset, batch, channels, spatial, groups, eps,
    )
  },
  groupNormSums: ({
    x, gradOut, mean, inverseStd, sums, gradWeight, gradBias, batch, channels, spatial, groups,
    weightBeta, biasBeta,
  }) => {
    addon().groupNormSums(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, gradOut.buffer, gradOut.byteOffset, mean.buffer,
      mean.byteOffset, inverseStd.buffer, inverseStd.byteOffset, sums.buffer, sums.byteOffset,
      gradWeight?.buffer ?? null, gradWeight?.byteOffset ?? 0, gradBias?.buffer ?? null,
      gradBias?.byteOffset ?? 0, batch, channels, spatial, groups, weightBeta, biasBeta,
    )
  },
  groupNormGradient: ({
    x, gradOut, weight, mean, inverseStd, sums, gradX, batch, channels, spatial, groups,
  }) => {
    addon().groupNormGradient(
      dtypeCode[gradX.dtype], x.buffer, x.byteOffset, gradOut.buffer, gradOut.byteOffset,
      weight?.buffer ?? null, weight?.byteOffset ?? 0, mean.buffer, mean.byteOffset,
      inverseStd.buffer, inverseStd.byteOffset, sums.buffer, sums.byteOffset, gradX.buffer,
      gradX.byteOffset, batch, channels, spatial, groups,
    )
  },
  layerNorm: ({ x, weight, bias, mean, inverseStd, out, rows, cols, eps }) => {
    addon().layerNorm(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, weight?.buffer ?? null, weight?.byteOffset ?? 0,
      bias?.buffer ?? null, bias?.byteOffset ?? 0, mean.buffer, mean.byteOffset, inverseStd.buffer,
      inverseStd.byteOffset, out.buffer, out.byteOffset, rows, cols, eps,
    )
  },
  layerNormGradient: ({ x, gradOut, weight, mean, inverseStd, gradX, rows, cols }) => {
    addon().layerNormGradient(
      dtypeCode[gradX.dtype], x.buffer, x.byteOffset, gradOut.buffer, gradOut.byteOffset,
      weight?.buffer ?? null, weight?.byteOffset ?? 0, mean.buffer, mean.byteOffset,
      inverseStd.buffer, inverseStd.byteOffset, gradX.buffer, gradX.byteOffset, rows, cols,
    )
  },
  layerNormAffineGradient: ({
    x, gradOut, mean, inverseStd, gradWeight, gradBias, rows, cols, weightBeta, biasBeta,
  }) => {
    addon().layerNormAffineGradient(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, gradOut.buffer, gradOut.byteOffset, mean.buffer,
      mean.byteOffset, inverseStd.buffer, inverseStd.byteOffset, gradWeight?.buffer ?? null,
      gradWeight?.byteOffset ?? 0, gradBias?.buffer ?? null, gradBias?.byteOffset ?? 0, rows, cols,
      weightBeta, biasBeta,
    )
  },
  compare: ({ kind, broadcast, a, b, out, rows, cols }) => {
    addon().compare(
      dtypeCode[a.dtype], kind, broadcast, a.buffer, a.byteOffset, b.buffer, b.byteOffset,
      out.buffer, out.byteOffset, rows, cols,
    )
  },
  where: ({ mask, a, b, out, n, aSingle, bSingle }) => {
    addon().where(
      dtypeCode[out.dtype], mask.buffer, mask.byteOffset, a.buffer, a.byteOffset, b.buffer,
      b.byteOffset, out.buffer, out.byteOffset, n, aSingle, bSingle,
    )
  },
  matmul: ({
    a, b, out, m, n, k, transposeA = false, transposeB = false, alpha = 1, beta = 0, bias = null,
    activation = 0, parameter = 0,
  }) => {
    addon().matmul(
      dtypeCode[out.dtype], a.buffer, a.byteOffset, b.buffer, b.byteOffset, out.buffer,
      out.byteOffset, m, n, k, transposeA, transposeB, alpha, beta, bias?.buffer ?? null,
      bias?.byteOffset ?? 0, activation, parameter,
    )
  },
  batchMatmul: ({
    a, b, out, shape, transposeA = false, transposeB = false, alpha = 1, beta = 0,
  }) => {
    addon().batchMatmul(
      dtypeCode[out.dtype], a.buffer, a.byteOffset, b.buffer, b.byteOffset, out.buffer,
      out.byteOffset, shape.outer, shape.inner, shape.m, shape.n, shape.k, shape.aOuter,
      shape.aInner, shape.aRow, shape.bOuter, shape.bInner, shape.bRow, shape.outOuter,
      shape.outInner, shape.outRow, transposeA, transposeB, alpha, beta,
    )
  },
  fill: ({ y, n, value }) => {
    addon().fill(
      dtypeCode[y.dtype], y.buffer, y.byteOffset, n, value,
    )
  },
  copy: ({ x, y, n }) => {
    addon().copy(
      dtypeCode[y.dtype], x.buffer, x.byteOffset, y.buffer, y.byteOffset, n,
    )
  },
  cast: ({ x, y, n, scale, shift }) => {
    addon().cast(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, dtypeCode[y.dtype], y.buffer, y.byteOffset, n,
      scale, shift,
    )
  },
  triangle: ({ x, out, batch, rows, cols, diagonal, upper }) => {
    addon().triangle(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, out.buffer, out.byteOffset, batch, rows, cols,
      diagonal, upper,
    )
  },
  nll: ({
    logProbabilities, target, weight, loss, divisor, outer, classes, inner, reduction, ignoreIndex,
  }) => {
    addon().nll(
      dtypeCode[logProbabilities.dtype], logProbabilities.buffer, logProbabilities.byteOffset,
      target.buffer, target.byteOffset, weight?.buffer ?? null, weight?.byteOffset ?? 0,
      loss.buffer, loss.byteOffset, divisor.buffer, divisor.byteOffset, outer, classes, inner,
      reduction, ignoreIndex,
    )
  },
  nllGradient: ({ target, weight, divisor, grad, outer, classes, inner, ignoreIndex }) => {
    addon().nllGradient(
      dtypeCode[grad.dtype], target.buffer, target.byteOffset, weight?.buffer ?? null,
      weight?.byteOffset ?? 0, divisor.buffer, divisor.byteOffset, grad.buffer, grad.byteOffset,
      outer, classes, inner, ignoreIndex,
    )
  },
  pad2d: ({ x, out, geometry, mode, value }) => {
    addon().pad2d(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, out.buffer, out.byteOffset, geometry.planes,
      geometry.inHeight, geometry.inWidth, geometry.padTop, geometry.padBottom, geometry.padLeft,
      geometry.padRight, mode, value,
    )
  },
  pad2dGradient: ({ gradOut, gradX, geometry, mode }) => {
    addon().pad2dGradient(
      dtypeCode[gradX.dtype], gradOut.buffer, gradOut.byteOffset, gradX.buffer, gradX.byteOffset,
      geometry.planes, geometry.inHeight, geometry.inWidth, geometry.padTop, geometry.padBottom,
      geometry.padLeft, geometry.padRight, mode,
    )
  },
  pointwiseLoss: ({ kind, x, y, weight, positive, loss, n, parameter, eachElement, divisor }) => {
    addon().pointwiseLoss(
      dtypeCode[loss.dtype], kind, x.buffer, x.byteOffset, y.buffer, y.byteOffset,
      weight?.buffer ?? null, weight?.byteOffset ?? 0, positive?.buffer ?? null,
      positive?.byteOffset ?? 0, loss.buffer, loss.byteOffset, n, parameter, eachElement, divisor,
    )
  },
  pointwiseLossGradient: ({ kind, x, y, weight, positive, gradX, n, parameter, scale }) => {
    addon().pointwiseLossGradient(
      dtypeCode[gradX.dtype], kind, x.buffer, x.byteOffset, y.buffer, y.byteOffset,
      weight?.buffer ?? null, weight?.byteOffset ?? 0, positive?.buffer ?? null,
      positive?.byteOffset ?? 0, gradX.buffer, gradX.byteOffset, n, parameter, scale,
    )
  },
  maxPool2d: ({ x, out, index, geometry }) => {
    addon().maxPool2d(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, out.buffer, out.byteOffset, index.buffer,
      index.byteOffset, geometry.planes, geometry.inHeight, geometry.inWidth, geometry.outHeight,
      geometry.outWidth, geometry.kernelHeight, geometry.kernelWidth, geometry.strideHeight,
      geometry.strideWidth, geometry.padTop, geometry.padLeft, geometry.dilationHeight,
      geometry.dilationWidth,
    )
  },
  maxPool2dGradient: ({ gradOut, index, gradX, geometry }) => {
    addon().maxPool2dGradient(
      dtypeCode[gradX.dtype], gradOut.buffer, gradOut.byteOffset, index.buffer, index.byteOffset,
      gradX.buffer, gradX.byteOffset, geometry.planes, geometry.inHeight, geometry.inWidth,
      geometry.outHeight, geometry.outWidth, geometry.kernelHeight, geometry.kernelWidth,
      geometry.strideHeight, geometry.strideWidth, geometry.padTop, geometry.padLeft,
      geometry.dilationHeight, geometry.dilationWidth,
    )
  },
  avgPool2d: ({ x, out, geometry, countIncludePad, divisorOverride }) => {
    addon().avgPool2d(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, out.buffer, out.byteOffset, geometry.planes,
      geometry.inHeight, geometry.inWidth, geometry.outHeight, geometry.outWidth,
      geometry.kernelHeight, geometry.kernelWidth, geometry.strideHeight, geometry.strideWidth,
      geometry.padTop, geometry.padLeft, geometry.dilationHeight, geometry.dilationWidth,
      countIncludePad, divisorOverride,
    )
  },
  avgPool2dGradient: ({ gradOut, gradX, geometry, countIncludePad, divisorOverride }) => {
    addon().avgPool2dGradient(
      dtypeCode[gradX.dtype], gradOut.buffer, gradOut.byteOffset, gradX.buffer, gradX.byteOffset,
      geometry.planes, geometry.inHeight, geometry.inWidth, geometry.outHeight, geometry.outWidth,
      geometry.kernelHeight, geometry.kernelWidth, geometry.strideHeight, geometry.strideWidth,
      geometry.padTop, geometry.padLeft, geometry.dilationHeight, geometry.dilationWidth,
      countIncludePad, divisorOverride,
    )
  },
  adaptiveAvgPool2d: ({ x, out, planes, inHeight, inWidth, outHeight, outWidth }) => {
    addon().adaptiveAvgPool2d(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, out.buffer, out.byteOffset, planes, inHeight,
      inWidth, outHeight, outWidth,
    )
  },
  adaptiveAvgPool2dGradient: ({
    gradOut, gradX, planes, inHeight, inWidth, outHeight, outWidth,
  }) => {
    addon().adaptiveAvgPool2dGradient(
      dtypeCode[gradX.dtype], gradOut.buffer, gradOut.byteOffset, gradX.buffer, gradX.byteOffset,
      planes, inHeight, inWidth, outHeight, outWidth,
    )
  },
  uniform: ({ state, y, n, low, high, runs = 1, before = 0, after = 0 }) => {
    addon().uniform(
      dtypeCode[y.dtype], state.buffer, state.byteOffset, y.buffer, y.byteOffset, n, low, high,
      runs, before, after,
    )
  },
  normal: ({ state, y, n, mean, std, runs = 1, before = 0, after = 0 }) => {
    addon().normal(
      dtypeCode[y.dtype], state.buffer, state.byteOffset, y.buffer, y.byteOffset, n, mean, std,
      runs, before, after,
    )
  },
  bernoulli: ({ state, y, n, p, value }) => {
    addon().bernoulli(
      dtypeCode[y.dtype], state.buffer, state.byteOffset, y.buffer, y.byteOffset, n, p, value,
    )
  },
  permutation: ({ state, y, n }) => {
    addon().permutation(
      state.buffer, state.byteOffset, y.buffer, y.byteOffset, n,
    )
  },
  randint: ({ state, y, n, low, high, runs = 1, before = 0, after = 0 }) => {
    addon().randint(
      state.buffer, state.byteOffset, y.buffer, y.byteOffset, n, low, high, runs, before, after,
    )
  },
  bernoulliEach: ({ state, x, y, n, runs = 1, before = 0, after = 0 }) => {
    addon().bernoulliEach(
      dtypeCode[y.dtype], state.buffer, state.byteOffset, x.buffer, x.byteOffset, y.buffer,
      y.byteOffset, n, runs, before, after,
    )
  },
  multinomial: ({ state, x, y, rows, categories, samples, replacement, before = 0, after = 0 }) => {
    addon().multinomial(
      dtypeCode[x.dtype], state.buffer, state.byteOffset, x.buffer, x.byteOffset, y.buffer,
      y.byteOffset, rows, categories, samples, replacement, before, after,
    )
  },
  recurrent: ({
    kind, gates, weight, bias, project, firstH, firstC, lengths, states, inner, raw, output, lastH,
    lastC, steps, rows, hidden, size, outputStep, outputRow, reverse,
  }) => {
    addon().recurrent(
      dtypeCode[gates.dtype], kind, gates.buffer, gates.byteOffset, weight.buffer,
      weight.byteOffset, bias?.buffer ?? null, bias?.byteOffset ?? 0, project?.buffer ?? null,
      project?.byteOffset ?? 0, firstH?.buffer ?? null, firstH?.byteOffset ?? 0,
      firstC?.buffer ?? null, firstC?.byteOffset ?? 0, lengths?.buffer ?? null,
      lengths?.byteOffset ?? 0, states.buffer, states.byteOffset, inner?.buffer ?? null,
      inner?.byteOffset ?? 0, raw?.buffer ?? null, raw?.byteOffset ?? 0, output.buffer,
      output.byteOffset, lastH.buffer, lastH.byteOffset, lastC?.buffer ?? null,
      lastC?.byteOffset ?? 0, steps, rows, hidden, size, outputStep, outputRow, reverse,
    )
  },
  recurrentGradient: ({
    kind, gates, weight, project, lengths, states, inner, gradOutput, gradLastH, gradLastC,
    gradGates, gradHidden, gradStates, gradFirstH, gradFirstC, steps, rows, hidden, size,
    outputStep, outputRow, reverse,
  }) => {
    addon().recurrentGradient(
      dtypeCode[gates.dtype], kind, gates.buffer, gates.byteOffset, weight.buffer,
      weight.byteOffset, project?.buffer ?? null, project?.byteOffset ?? 0, lengths?.buffer ?? null,
      lengths?.byteOffset ?? 0, states.buffer, states.byteOffset, inner?.buffer ?? null,
      inner?.byteOffset ?? 0, gradOutput?.buffer ?? null, gradOutput?.byteOffset ?? 0,
      gradLastH?.buffer ?? null, gradLastH?.byteOffset ?? 0, gradLastC?.buffer ?? null,
      gradLastC?.byteOffset ?? 0, gradGates.buffer, gradGates.byteOffset,
      gradHidden?.buffer ?? null, gradHidden?.byteOffset ?? 0, gradStates?.buffer ?? null,
      gradStates?.byteOffset ?? 0, gradFirstH.buffer, gradFirstH.byteOffset,
      gradFirstC?.buffer ?? null, gradFirstC?.byteOffset ?? 0, steps, rows, hidden, size,
      outputStep, outputRow, reverse,
    )
  },
  copySteps: ({ x, lengths, out, steps, rows, cols, xStep, xRow, outStep, outRow }) => {
    addon().copySteps(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, lengths?.buffer ?? null, lengths?.byteOffset ?? 0,
      out.buffer, out.byteOffset, steps, rows, cols, xStep, xRow, outStep, outRow,
    )
  },
  reduce: ({ kind, x, out, outer, n, inner, beta }) => {
    addon().reduce(
      dtypeCode[x.dtype], kind, x.buffer, x.byteOffset, out.buffer, out.byteOffset, outer, n, inner,
      beta,
    )
  },
  argmax: ({ x, out, outer, n, inner, smallest = false }) => {
    addon().argmax(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, out.buffer, out.byteOffset, outer, n, inner,
      smallest,
    )
  },
  scan: ({ kind, x, y, outer, n, inner, reverse = false, exclusive = false }) => {
    addon().scan(
      dtypeCode[x.dtype], kind, x.buffer, x.byteOffset, y.buffer, y.byteOffset, outer, n, inner,
      reverse, exclusive,
    )
  },
  softmax: ({ x, y, outer, n, inner, log }) => {
    addon().softmax(
      dtypeCode[y.dtype], x.buffer, x.byteOffset, y.buffer, y.byteOffset, outer, n, inner, log,
    )
  },
  softmaxGradient: ({ y, gradY, gradX, outer, n, inner, log }) => {
    addon().softmaxGradient(
      dtypeCode[gradX.dtype], y.buffer, y.byteOffset, gradY.buffer, gradY.byteOffset, gradX.buffer,
      gradX.byteOffset, outer, n, inner, log,
    )
  },
  sort: ({ x, values, indices, outer, n, inner, k, descending }) => {
    addon().sort(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, values.buffer, values.byteOffset, indices.buffer,
      indices.byteOffset, outer, n, inner, k, descending,
    )
  },
  copyStrided: ({ x, out, geometry }) => {
    addon().copyStrided(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, out.buffer, out.byteOffset, geometry.size0,
      geometry.size1, geometry.size2, geometry.size3, geometry.size4, geometry.size5,
      geometry.xStride0, geometry.xStride1, geometry.xStride2, geometry.xStride3, geometry.xStride4,
      geometry.xStride5, geometry.outStride0, geometry.outStride1, geometry.outStride2,
      geometry.outStride3, geometry.outStride4, geometry.outStride5, geometry.xOffset,
      geometry.outOffset,
    )
  },
  updateStep: ({ kind, hyper, steps, products, state, stateLength, slots }) => {
    addon().updateStep(
      dtypeCode[state.dtype], kind, hyper.buffer, hyper.byteOffset, steps.buffer, steps.byteOffset,
      products.buffer, products.byteOffset, state.buffer, state.byteOffset, stateLength,
      ...flatten('updateStep', state.dtype, slots),
    )
  },
  upsample2d: ({ x, out, geometry }) => {
    addon().upsample2d(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, out.buffer, out.byteOffset, geometry.mode,
      geometry.planes, geometry.inHeight, geometry.inWidth, geometry.outHeight, geometry.outWidth,
      geometry.scaleHeight, geometry.scaleWidth, geometry.alignCorners,
    )
  },
  upsample2dGradient: ({ gradOut, gradX, geometry }) => {
    addon().upsample2dGradient(
      dtypeCode[gradX.dtype], gradOut.buffer, gradOut.byteOffset, gradX.buffer, gradX.byteOffset,
      geometry.mode, geometry.planes, geometry.inHeight, geometry.inWidth, geometry.outHeight,
      geometry.outWidth, geometry.scaleHeight, geometry.scaleWidth, geometry.alignCorners,
    )
  },
  packSigns: ({ x, words, outer, n, inner }) => {
    addon().packSigns(
      dtypeCode[x.dtype], x.buffer, x.byteOffset, words.buffer, words.byteOffset, outer, n, inner,
    )
  },
  xnorMatmul: ({ a, b, bias, out, m, n, k }) => {
    addon().xnorMatmul(
      dtypeCode[out.dtype], a.buffer, a.byteOffset, b.buffer, b.byteOffset, bias?.buffer ?? null,
      bias?.byteOffset ?? 0, out.buffer, out.byteOffset, m, n, k,
    )
  },
  xnorConv2d: ({ x, weight, bias, out, geometry }) => {
    addon().xnorConv2d(
      dtypeCode[out.dtype], x.buffer, x.byteOffset, weight.buffer, weight.byteOffset,
      bias?.buffer ?? null, bias?.byteOffset ?? 0, out.buffer, out.byteOffset, geometry.batch,
      geometry.inChannels, geometry.inHeight, geometry.inWidth, geometry.outChannels,
      geometry.outHeight, geometry.outWidth, geometry.kernelHeight, geometry.kernelWidth,
      geometry.strideHeight, geometry.strideWidth, geometry.padTop, geometry.padLeft,
      geometry.dilationHeight, geometry.dilationWidth, geometry.groups,
    )
  },
}
