import { expect } from 'chai'

import {
  DTypeError,
  nn,
  ones,
  pow,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import * as activations from '../../ts/ops/activation.js'

const F = nn.functional
const int = tensor([1, 2, 3], { dtype: 'int32' })
const x = ones([2, 3])

describe('activations as functions', () => {
  it('refuse what has no floats', () => {
    const { threshold, prelu } = F
    const others = Object.keys(activations).filter((name) => !/^(threshold|prelu)$/.test(name))
    for (const name of [...others, 'softmax', 'logSoftmax', 'tanh'] as (keyof typeof F)[]) {
      expect(() => (F[name] as (x: Tensor) => Tensor)(int), name).to.throw(DTypeError)
    }
    expect(() => threshold(int, 1, 0)).to.throw(DTypeError)
    expect(() => prelu(int, ones([1]))).to.throw(DTypeError)
  })

  it('refuse settings that they have no meaning for', () => {
    expect(() => F.softplus(x, 0)).to.throw(ValueError, 'beta')
    expect(() => F.celu(x, 0)).to.throw(ValueError, 'alpha')
    expect(() => F.softshrink(x, -1)).to.throw(ValueError, 'lambd')
    expect(() => F.elu(x, '1' as never)).to.throw(ValueError, 'alpha')
    expect(() => F.gelu(x, { approximate: 'erf' as never })).to.throw(ValueError, 'approximate')
    expect(() => F.glu(x)).to.throw(ShapeError, '3 of (2, 3)')
    expect(() => F.prelu(x, ones([2]))).to.throw(ShapeError, '(3)')
  })

  it('keep NaN', () => {
    for (const name of ['softshrink', 'hardsigmoid', 'hardswish', 'relu6', 'mish'] as const) {
      expect(F[name](tensor([NaN])).item(), name).to.deep.equal(NaN)
    }
  })
})

describe('pow', () => {
  it('refuses what does not go together', () => {
    expect(() => pow(x, ones([2]))).to.throw(ShapeError)
    expect(() => pow(x, ones([3], { dtype: 'float64' }))).to.throw(DTypeError)
    expect(() => pow(int, 2)).to.throw(DTypeError)
    expect(() => pow(2, 2)).to.throw(ValueError)
  })
})
