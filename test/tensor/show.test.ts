import { expect } from 'chai'
import { inspect } from 'node:util'

import { nn, ones, tensor, zeros } from '../../ts/index.js'

describe('console.log', () => {
  it('shows the elements of a tensor', () => {
    expect(inspect(tensor([[1, 2.5]]))).to.equal('Tensor(1, 2) float32 [ [ 1, 2.5 ] ]')
    expect(inspect(tensor(3, { dtype: 'int32' }))).to.equal('Tensor() int32 3')
    expect(inspect({ a: ones([1, 1, 1, 1]) }).replace(/\s/g, '')).to.contain('[[[[1]]]]')
    expect(inspect(new nn.Parameter(ones([1])))).to.equal('Parameter(1) float32 [ 1 ]')
  })

  it('shows the beginning of a large one, and survives one that is detached', () => {
    const large = zeros([100, 100])
    expect(inspect(large)).to.match(/^Tensor\(100, 100\) float32 .*9900 more items/s)
    structuredClone(large.buffer, { transfer: [large.buffer] })
    expect(inspect(large)).to.equal('Tensor(100, 100) float32 (detached)')
  })

  it('shows a module as its structure', () => {
    expect(inspect(new nn.Sequential(new nn.Linear(2, 1)))).to.equal(
      'Sequential(\n  (0): Linear(2, 1)\n)',
    )
  })
})
