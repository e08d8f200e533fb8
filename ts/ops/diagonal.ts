import { joined, joinsGraph } from '../autograd/differentiable.js'
import type { FloatDType } from '../kernels/dtype.js'
import { zeros } from '../tensor/create.js'
import { copyStrided, type Places, placesOf } from '../tensor/strided.js'
import { type Shape, type Tensor } from '../tensor/tensor.js'
import { resultLike } from './result.js'

/** The places with equal indices of two dimensions of one size: `first` is theirs, `second` is gone. */
export function diagonal(x: Tensor, first: number, second: number): Tensor {
  const shape = x.shape.toSpliced(second, 1)
  const out = resultLike(shape, x.dtype)
  copyStrided(x, along(x.shape, first, second), out, placesOf(shape), shape)
  if (!joinsGraph(x)) return out
  const { shape: whole } = x
  const dtype = x.dtype as FloatDType
  return joined('diagonal', [x], { first, second }, out, [], ([g]) => {
    const gradient = zeros(whole, { dtype })
    copyStrided(g!, placesOf(shape), gradient, along(whole, first, second), shape)
    return [gradient]
  })
}

function along(shape: Shape, first: number, second: number): Places {
  const { offset, strides } = placesOf(shape)
  const both = strides.with(first, strides[first]! + strides[second]!)
  return { offset, strides: both.toSpliced(second, 1) }
}
