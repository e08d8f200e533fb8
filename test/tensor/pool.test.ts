import { expect } from 'chai'

import { emptyPooled } from '../../ts/tensor/pool.js'
import { type Tensor } from '../../ts/tensor/tensor.js'

describe('emptyPooled', () => {
  it('gives zeros, at whole cache lines, where nobody else is', () => {
    const shapes = [[], [1], [3, 5], [0], [16], [2, 64], [129]].map((s) => Object.freeze(s))
    const tensors: Tensor[] = []
    for (let round = 0; round < 50; round++) {
      for (const shape of shapes) tensors.push(emptyPooled(shape, 'float32'))
    }
    for (const [i, tensor] of tensors.entries()) {
      expect(tensor.byteOffset % 64).to.equal(0)
      expect(tensor.data.every((value) => value === 0)).to.equal(true)
      tensor.data.fill(i + 1)
    }
    for (const [i, tensor] of tensors.entries()) {
      expect(tensor.data.every((value) => value === i + 1)).to.equal(true)
    }
  })

  it('shares a buffer between small tensors only', () => {
    const small = [emptyPooled([8], 'float64'), emptyPooled([8], 'float64')]
    expect(small[0]!.buffer).to.equal(small[1]!.buffer)
    const large = emptyPooled([1000], 'float32')
    expect(large.buffer.byteLength).to.equal(4000)
  })

  it('keeps its neighbours when one is transferred', () => {
    const [a, b] = [emptyPooled([2], 'float32'), emptyPooled([2], 'float32')]
    b.data.fill(7)
    try {
      structuredClone(a.buffer, { transfer: [a.buffer] })
    } catch (error) {
      // Node 20 copies, later versions refuse
      expect((error as Error).name).to.equal('DataCloneError')
    }
    expect(b.toArray()).to.deep.equal([7, 7])
  })
})
