import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const nll: Kernels['nll'] = (
  logProbabilities,
  target,
  weight,
  loss,
  divisor,
  outer,
  classes,
  inner,
  reduction,
  ignoreIndex,
) => {
  addon().nll(
    dtypeCode[logProbabilities.dtype],
    logProbabilities.buffer,
    logProbabilities.byteOffset,
    target.buffer,
    target.byteOffset,
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
  )
}

export const nllGradient: Kernels['nllGradient'] = (
  target,
  weight,
  divisor,
  grad,
  outer,
  classes,
  inner,
  ignoreIndex,
) => {
  addon().nllGradient(
    dtypeCode[grad.dtype],
    target.buffer,
    target.byteOffset,
    weight === null ? null : weight.buffer,
    weight === null ? 0 : weight.byteOffset,
    divisor.buffer,
    divisor.byteOffset,
    grad.buffer,
    grad.byteOffset,
    outer,
    classes,
    inner,
    ignoreIndex,
  )
}
