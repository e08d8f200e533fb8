import { expect } from 'chai'

import { DTypeError, nn, ones, ShapeError, tensor, ValueError, zeros } from '../../ts/index.js'

describe('nn.Parameter', () => {
  it('shares the storage of its data', () => {
    const data = tensor([1, 2])
    const parameter = new nn.Parameter(data)
    parameter.data[0] = 9
    expect(data.toArray()).to.deep.equal([9, 2])
    expect(String(parameter)).to.equal('Parameter(2) float32')
    expect(() => new nn.Parameter(zeros([1], { dtype: 'int32' }))).to.throw(DTypeError, 'int32')
  })

  it('has no gradient at first and after zeroGrad, and keeps the storage of the last', () => {
    const parameter = new nn.Parameter(zeros([2]))
    expect(parameter.grad).to.equal(null)
    parameter.addGrad(tensor([1, 2]))
    parameter.addGrad(tensor([1, 2]))
    const first = parameter.grad!
    expect(first.toArray()).to.deep.equal([2, 4])
    parameter.zeroGrad()
    expect(parameter.grad).to.equal(null)
    parameter.addGrad(tensor([5, NaN]))
    parameter.zeroGrad()
    parameter.addGrad(tensor([5, 6]))
    expect(parameter.grad).to.equal(first)
    expect(first.toArray()).to.deep.equal([5, 6])
  })

  it('takes a gradient from outside', () => {
    const parameter = new nn.Parameter(zeros([2]))
    const grad = ones([2])
    parameter.grad = grad
    expect(parameter.grad).to.equal(grad)
    parameter.grad = null
    expect(parameter.grad).to.equal(null)
  })

  it('gets none while it is frozen', () => {
    const parameter = new nn.Parameter(zeros([2]), { requiresGrad: false })
    parameter.addGrad(ones([2]))
    expect(parameter.grad).to.equal(null)
    parameter.requiresGrad = true
    parameter.addGrad(ones([2]))
    expect(parameter.grad!.toArray()).to.deep.equal([1, 1])
  })

  it('refuses a gradient that is not like it', () => {
    const parameter = new nn.Parameter(zeros([2]))
    expect(() => {
      parameter.addGrad(zeros([3]))
    }).to.throw(ShapeError, 'Parameter(2) float32: expected the gradient to be shape (2)')
    expect(() => {
      parameter.grad = zeros([2], { dtype: 'float64' })
    }).to.throw(DTypeError, 'float64')
    expect(parameter.grad).to.equal(null)
  })

  it('is left as it was by a backward pass that fails', () => {
    const layer = new nn.Linear(3, 2)
    const [input, gradOutput] = [zeros([4, 3]), zeros([4, 2])]
    layer.forward(input)
    structuredClone(gradOutput.buffer, { transfer: [gradOutput.buffer] })
    expect(() => layer.backward(input, gradOutput)).to.throw(ValueError, 'detached')
    expect(layer.weight.grad).to.equal(null)
    expect(layer.bias!.grad).to.equal(null)
  })
})
