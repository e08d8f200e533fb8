import { dtypeCode } from '../dtype.js'
import type { Kernels } from '../kernels.js'
import { addon } from './load.js'

export const pointwiseLoss: Kernels['pointwiseLoss'] = (
  kind,
  x,
  y,
  weight,
  positive,
  loss,
  n,
  parameter,
  eachElement,
  divisor,
) => {
  addon().pointwiseLoss(
    dtypeCode[loss.dtype],
    kind,
    x.buffer,
    x.byteOffset,
    y.buffer,
    y.byteOffset,
    weight === null ? null : weight.buffer,
    weight === null ? 0 : weight.byteOffset,
    positive === null ? null : positive.buffer,
    positive === null ? 0 : positive.byteOffset,
    loss.buffer,
    loss.byteOffset,
    n,
    parameter,
    eachElement,
    divisor,
  )
}

export const pointwiseLossGradient: Kernels['pointwiseLossGradient'] = (
  kind,
  x,
  y,
  weight,
  positive,
  gradX,
  n,
  parameter,
  scale,
) => {
  addon().pointwiseLossGradient(
    dtypeCode[gradX.dtype],
    kind,
    x.buffer,
    x.byteOffset,
    y.buffer,
    y.byteOffset,
    weight === null ? null : weight.buffer,
    weight === null ? 0 : weight.byteOffset,
    positive === null ? null : positive.buffer,
    positive === null ? 0 : positive.byteOffset,
    gradX.buffer,
    gradX.byteOffset,
    n,
    parameter,
    scale,
  )
}
