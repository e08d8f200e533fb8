import { expect } from 'chai'

import {
  DTypeError,
  Generator,
  nn,
  randn,
  ShapeError,
  tensor,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { expectGradient, inner } from '../support/gradcheck.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(8)
const indices = (values: number[], shape: number[]): Tensor =>
  tensor(values, { dtype: 'int32' }).reshape(shape)

describe('nn.Embedding', () => {
  for (const shape of [[], [1], [5], [2, 3], [0], [0, 4]]) {
    it(`has the gradient of central differences for (${shape.join(', ')})`, () => {
      const module = new nn.Embedding(4, 3, { ...f64, generator })
      const count = shape.reduce((product, size) => product * size, 1)
      const values = Array.from({ length: count }, (_, i) => (i * i + 1) % 4)
      const input = indices(values, shape)
      const gradOutput = randn([...shape, 3], { ...f64, generator })
      expect(module.forward(input).shape).to.deep.equal([...shape, 3])
      const gradInput = module.backward(input, gradOutput)
      expect(gradInput.shape).to.deep.equal(shape)
      expect(Array.from(gradInput.data)).to.deep.equal(values.map(() => 0))
      const loss = (): number => inner(gradOutput, module.forward(input))
      expectGradient('weight', module.weight.grad!, module.weight, loss)
    })
  }

  it('adds up gradients until zeroGrad, for backwardParameters too', () => {
    const module = new nn.Embedding(3, 2)
    const input = indices([2, 0, 2], [3])
    const gradOutput = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    module.forward(input)
    module.backward(input, gradOutput)
    expect(module.weight.grad!.toArray()).to.deep.equal([
      [3, 4],
      [0, 0],
      [6, 8],
    ])
    module.backwardParameters(input, gradOutput)
    expect(module.weight.grad!.select(0, 2).toArray()).to.deep.equal([12, 16])
    module.zeroGrad()
    module.backward(input, gradOutput)
    expect(module.weight.grad!.select(0, 2).toArray()).to.deep.equal([6, 8])
    module.requiresGrad_(false)
    module.zeroGrad()
    module.backward(input, gradOutput)
    expect(module.weight.grad).to.equal(null)
  })

  it('keeps the padding at zero', () => {
    const module = new nn.Embedding(3, 2, { paddingIdx: -1 })
    expect(module.paddingIdx).to.equal(2)
    expect(module.weight.select(0, 2).toArray()).to.deep.equal([0, 0])
    const input = indices([2, 1], [2])
    expect(module.forward(input).select(0, 0).toArray()).to.deep.equal([0, 0])
    module.backward(
      input,
      tensor([
        [1, 1],
        [1, 1],
      ]),
    )
    expect(module.weight.grad!.toArray()).to.deep.equal([
      [0, 0],
      [1, 1],
      [0, 0],
    ])
  })

  it('works inside a container', () => {
    const net = new nn.Sequential(new nn.Embedding(5, 4), new nn.Flatten(), new nn.Linear(12, 2))
    const input = indices([0, 1, 4, 2, 2, 0], [2, 3])
    expect(net.forward(input).shape).to.deep.equal([2, 2])
    expect(net.backward(input, randn([2, 2], { generator })).shape).to.deep.equal([2, 3])
    expect(net.parameters()[0]!.grad!.select(0, 3).toArray()).to.deep.equal([0, 0, 0, 0])
    const wrong = indices([0, 1, 5], [1, 3])
    expect(() => net.forward(wrong)).to.throw(ValueError, 'index 5 at row 2 is outside [0, 5)')
  })

  it('draws rows with mean 0 and deviation 1', () => {
    const data = Array.from(new nn.Embedding(1000, 50, { generator }).weight.data)
    const mean = data.reduce((sum, x) => sum + x, 0) / data.length
    const variance = data.reduce((sum, x) => sum + x * x, 0) / data.length
    // five standard errors of 50,000 numbers
    expect(mean).to.be.closeTo(0, 5 / Math.sqrt(50_000))
    expect(variance).to.be.closeTo(1, 5 * Math.sqrt(2 / 50_000))
  })

  it('refuses what does not fit', () => {
    const module = new nn.Embedding(3, 2)
    expect(() => module.forward(zeros([2]))).to.throw(DTypeError, "to('int32')")
    for (const bad of [-1, 3]) {
      expect(() => module.forward(indices([0, bad], [2]))).to.throw(ValueError, `index ${bad}`)
    }
    const input = indices([0, 1], [2])
    module.forward(input)
    expect(() => module.backward(input, zeros([2]))).to.throw(ShapeError, 'gradOutput')
    expect(() => new nn.Embedding(-1, 2)).to.throw(ValueError, 'numEmbeddings')
    expect(() => new nn.Embedding(3, 1.5)).to.throw(ValueError, 'embeddingDim')
    for (const paddingIdx of [3, -4, 0.5]) {
      expect(() => new nn.Embedding(3, 2, { paddingIdx })).to.throw(ValueError, 'paddingIdx')
    }
    expect(() => new nn.Unflatten(1, [-1, -1])).to.throw(ValueError, '(-1, -1)')
    expect(() => new nn.Unflatten(1, [])).to.throw(ValueError, 'unflattenedSize')
  })

  it('prints itself', () => {
    expect(String(new nn.Embedding(3, 2))).to.equal('Embedding(3, 2)')
    expect(String(new nn.Embedding(3, 2, { paddingIdx: 0 }))).to.equal(
      'Embedding(3, 2, paddingIdx=0)',
    )
  })
})
