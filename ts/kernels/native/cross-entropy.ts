import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const crossEntropy: Kernels['crossEntropy'] = (
  logits,
  target,
  weight,
  loss,
  divisor,
  outer,
  classes,
  inner,
  reduction,
  ignoreIndex,
  labelSmoothing,
) => {
  addon().crossEntropy(
    dtypeCode[logits.dtype],
    logits.buffer,
    logits.byteOffset,
    target.buffer,
    target.byteOffset,
    target.dtype === 'int32',
    weight === null ? null : weight.buffer,
    weight === null ? 0 : weight.byteOffset,
    loss.buffer,
    loss.byteOffset,
    divisor.buffer,
    divisor.byteOffset,
    outer,
    classes,
    inner,
    reduction,
    ignoreIndex,
    labelSmoothing,
  )
}

export const crossEntropyGradient: Kernels['crossEntropyGradient'] = (
  logits,
  target,
  weight,
  divisor,
  gradLogits,
  outer,
  classes,
  inner,
  ignoreIndex,
  labelSmoothing,
) => {
  addon().crossEntropyGradient(
    dtypeCode[logits.dtype],
    logits.buffer,
    logits.byteOffset,
    target.buffer,
    target.byteOffset,
    target.dtype === 'int32',
    weight === null ? null : weight.buffer,
    weight === null ? 0 : weight.byteOffset,
    divisor.buffer,
    divisor.byteOffset,
    gradLogits.buffer,
    gradLogits.byteOffset,
    outer,
    classes,
    inner,
    ignoreIndex,
    labelSmoothing,
  )
}
