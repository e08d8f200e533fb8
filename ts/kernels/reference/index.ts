import type { Kernels } from '../kernels.js'
import { activation, activationGradient } from './activation.js'
import { channelSum, conv2d, conv2dInputGradient, conv2dWeightGradient } from './conv2d.js'
import { augment, augmentGradient } from './augment.js'
import { batchNorm, batchNormGradient, batchNormInference, batchNormSums } from './batch-norm.js'
import { crossEntropy, crossEntropyGradient } from './cross-entropy.js'
import { dropout, dropoutGradient } from './dropout.js'
import { affine, axpby, binary, unary } from './elementwise.js'
import { groupNorm, groupNormGradient, groupNormSums } from './group-norm.js'
import { layerNorm, layerNormAffineGradient, layerNormGradient } from './layer-norm.js'
import { matmul } from './matmul.js'
import { cast, copy, copyBlocks, fill, gatherRows, transpose } from './memory.js'
import { embeddingGradient } from './embedding.js'
import { nll, nllGradient } from './nll.js'
import { clipGradients, gradNorm } from './gradient.js'
import { pad2d, pad2dGradient } from './pad2d.js'
import { pointwiseLoss, pointwiseLossGradient } from './pointwise-loss.js'
import {
  adaptiveAvgPool2d,
  adaptiveAvgPool2dGradient,
  avgPool2d,
  avgPool2dGradient,
  maxPool2d,
  maxPool2dGradient,
} from './pool2d.js'
import { bernoulli, normal, permutation, uniform } from './random.js'
import { argmax, reduce } from './reduce.js'
import { softmax, softmaxGradient } from './softmax.js'
import { updateStep } from './update.js'
import { upsample2d, upsample2dGradient } from './upsample2d.js'
import { packSigns, xnorConv2d, xnorMatmul } from './xnor.js'

/**
 * The pure TypeScript backend: every operation in plain loops and double precision. It is what the
 * native kernels are tested against, what they are compared with for speed, and what runs on a machine
 * without a prebuilt binary.
 */
export const reference: Kernels = {
  name: 'reference',
  matmul,
  activation,
  activationGradient,
  unary,
  binary,
  affine,
  axpby,
  softmax,
  softmaxGradient,
  reduce,
  argmax,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  channelSum,
  crossEntropy,
  crossEntropyGradient,
  embeddingGradient,
  nll,
  nllGradient,
  pad2d,
  pad2dGradient,
  pointwiseLoss,
  pointwiseLossGradient,
  updateStep,
  gradNorm,
  clipGradients,
  gatherRows,
  fill,
  copy,
  copyBlocks,
  cast,
  transpose,
  uniform,
  normal,
  bernoulli,
  permutation,
  augment,
  augmentGradient,
  dropout,
  dropoutGradient,
  batchNorm,
  batchNormInference,
  batchNormSums,
  batchNormGradient,
  layerNorm,
  layerNormGradient,
  layerNormAffineGradient,
  groupNorm,
  groupNormSums,
  groupNormGradient,
  maxPool2d,
  maxPool2dGradient,
  avgPool2d,
  avgPool2dGradient,
  adaptiveAvgPool2d,
  adaptiveAvgPool2dGradient,
  upsample2d,
  upsample2dGradient,
  packSigns,
  xnorMatmul,
  xnorConv2d,
}
