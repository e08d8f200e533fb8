import { kernels } from '../kernels/backend.js'
import type { Tensor } from './tensor.js'
import { noteWrite } from './written.js'

/** Copies the elements of a tensor into one of a user's, with its dtype. */
export function overwrite(target: Tensor, source: Tensor): void {
  if (source.dtype === target.dtype) kernels().copy({ x: source, y: target, n: target.length })
  else kernels().cast({ x: source, y: target, n: target.length, scale: 1, shift: 0 })
  noteWrite(target)
}
