import { expect } from 'chai'

import { DTypeError, Generator, nn, randn, ValueError, zeros } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const generator = new Generator(12)

describe('nn.LayerNorm', () => {
  eachBackend(() => {
    it('gives every row mean 0 and variance 1', () => {
      const x = randn([9, 64], { generator, dtype: 'float64' })
      const y = new nn.LayerNorm(64, { dtype: 'float64', eps: 0 }).forward(x)
      for (let r = 0; r < 9; r++) {
        const row = Array.from(y.select(0, r).data)
        expect(row.reduce((sum, v) => sum + v, 0) / 64).to.be.closeTo(0, 1e-14)
        expect(row.reduce((sum, v) => sum + v * v, 0) / 64).to.be.closeTo(1, 1e-13)
      }
    })

    it('is the same in evaluation, and for one sample alone', () => {
      const norm = new nn.LayerNorm(7)
      const x = randn([3, 7], { generator })
      const y = norm.forward(x).toArray() as number[][]
      expect(norm.eval().forward(x).toArray()).to.deep.equal(y)
      expect(norm.forward(x.select(0, 1)).toArray()).to.deep.equal(y[1])
    })

    it('goes back right after batches of other sizes', () => {
      const norm = new nn.LayerNorm(5)
      const pass = (rows: number) => {
        const x = randn([rows, 5], { generator: new Generator(rows) })
        norm.zeroGrad()
        norm.forward(x)
        return [norm.backward(x, x).toArray(), norm.weight!.grad!.toArray()]
      }
      const small = pass(3)
      pass(20)
      expect(pass(3)).to.deep.equal(small)
    })

    it('changes only what is not frozen', () => {
      const norm = new nn.LayerNorm(5)
      norm.weight!.requiresGrad = false
      const x = randn([3, 5], { generator })
      norm.forward(x)
      norm.backward(x, x)
      expect(norm.weight!.grad).to.equal(null)
      expect(norm.bias!.grad).not.to.equal(null)
      norm.bias!.requiresGrad = false
      expect(norm.trains()).to.equal(false)
    })
  })

  it('has the names of PyTorch in its state', () => {
    expect(Object.keys(new nn.LayerNorm([2, 3]).stateDict())).to.deep.equal(['weight', 'bias'])
    expect(Object.keys(new nn.LayerNorm(4, { bias: false }).stateDict())).to.deep.equal(['weight'])
    const plain = new nn.LayerNorm(4, { elementwiseAffine: false })
    expect(Object.keys(plain.stateDict())).to.deep.equal([])
  })

  it('refuses what makes no sense', () => {
    for (const shape of [0, 1.5, [], [3, -1]]) {
      expect(() => new nn.LayerNorm(shape)).to.throw(
        ValueError,
        'LayerNorm: expected normalizedShape',
      )
    }
    expect(() => new nn.LayerNorm(2, { eps: NaN })).to.throw(ValueError, 'eps')
    expect(() => new nn.LayerNorm(2).forward(zeros([3, 2], { dtype: 'float64' }))).to.throw(
      DTypeError,
      "use input.to('float32')",
    )
  })
})
