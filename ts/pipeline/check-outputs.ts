import { complaint, ShapeError } from '../errors.js'
import type { Module } from '../nn/module.js'
import { formatShape, type Tensor } from '../tensor/tensor.js'

/** @throws ShapeError unless there is an output for each class, or one. */
export function checkOutputs(network: Module, rows: number, outputs: number, y: Tensor): void {
  if (y.ndim === 2 && y.shape[0] === rows && y.shape[1] === outputs) return
  const what = `the output of ${network.constructor.name}`
  const got = `shape ${formatShape(y.shape)}`
  const hint = 'network is called with the numbers of inputs and of outputs'
  throw new ShapeError(complaint('Pipeline', what, `shape (${rows}, ${outputs})`, got, hint))
}
