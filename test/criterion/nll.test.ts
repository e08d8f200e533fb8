import { expect } from 'chai'

import {
  DTypeError,
  Generator,
  logSoftmax,
  nn,
  ones,
  randn,
  ShapeError,
  tensor,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { expectGradient, inner } from '../support/gradcheck.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(10)
const logShares = (shape: readonly number[], dim = -1): Tensor =>
  logSoftmax(randn(shape, { ...f64, generator }), dim)
const indices = (values: number[]): Tensor => tensor(values, { dtype: 'int32' })
const weight = tensor([0.5, 2, 1, 0.25], f64)
const labels = indices([2, 0, 3, 3, 1])
const masked = indices([2, -100, 0, -100, 1])

const cases: readonly (readonly [string, nn.NLLLossOptions, readonly number[], Tensor])[] = [
  ['class indices', {}, [5, 4], labels],
  ['class indices (N, 1)', {}, [5, 4], labels.reshape([5, 1])],
  ['class indices of uint8', {}, [5, 4], labels.to('uint8')],
  ['weights and ignored rows', { weight }, [5, 4], masked],
  ['an ignored class', { ignoreIndex: 3 }, [5, 4], labels],
  ['a single sample', {}, [4], tensor(2, { dtype: 'int32' })],
  ['a class for each place', { weight }, [1, 4, 5], labels.reshape([1, 5])],
  ['an image', {}, [2, 4, 2, 1], indices([0, 1, 3, 3]).reshape([2, 2, 1])],
]

describe('nn.NLLLoss', () => {
  for (const [title, options, shape, target] of cases) {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      it(`has the gradient of central differences: ${title}, ${reduction}`, () => {
        const criterion = new nn.NLLLoss({ ...options, reduction })
        const x = logShares(shape, shape.length > 1 ? 1 : 0)
        const loss = criterion.forward(x, target)
        const places = shape.length === 1 ? [] : [shape[0]!, ...shape.slice(2)]
        expect(loss.shape).to.deep.equal(reduction === 'none' ? places : [])
        const value = (): number => inner(criterion.forward(x, target), ones(loss.shape))
        expectGradient(title, criterion.backward(x, target), x, value, value())
      })
    }
  }

  it('after LogSoftmax is CrossEntropyLoss', () => {
    const logits = randn([5, 4], { ...f64, generator })
    const logP = logSoftmax(logits)
    const criterion = new nn.NLLLoss({ weight })
    const both = new nn.CrossEntropyLoss({ weight })
    // some tens of roundings of numbers around 1
    const close = 64 * 2 ** -53 * 8
    expect(criterion.forward(logP, labels).item()).to.be.closeTo(
      both.forward(logits, labels).item(),
      close,
    )
    const layer = new nn.LogSoftmax()
    const output = layer.forward(logits)
    const gradient = layer.backward(logits, criterion.backward(output, labels))
    const expected = both.backward(logits, labels)
    for (let i = 0; i < 20; i++) {
      expect(gradient.data[i]).to.be.closeTo(expected.data[i]!, close)
    }
  })

  it('gives the gradient of any pair, whatever forward saw last', () => {
    const criterion = new nn.NLLLoss({ weight })
    const [a, b] = [logShares([2, 4]), logShares([5, 4])]
    const expected = new nn.NLLLoss({ weight }).backward(a, indices([1, 2])).toArray()
    criterion.forward(b, labels)
    expect(criterion.backward(a, indices([1, 2])).toArray()).to.deep.equal(expected)
  })

  it('is exact far out, and NaN for nothing', () => {
    const x = tensor([
      [-1e4, 0],
      [0, -1e4],
    ])
    const criterion = new nn.NLLLoss({ reduction: 'none' })
    expect(criterion.forward(x, indices([0, 0])).toArray()).to.deep.equal([1e4, -0])
    expect(new nn.NLLLoss().forward(zeros([0, 3]), indices([])).item()).to.be.NaN
    expect(new nn.NLLLoss().backward(zeros([0, 3]), indices([])).shape).to.deep.equal([0, 3])
  })

  it('takes weights of the other float dtype', () => {
    const x = logShares([5, 4]).to('float32')
    const loss = new nn.NLLLoss({ weight }).forward(x, labels)
    expect(loss.dtype).to.equal('float32')
    const narrow = new nn.NLLLoss({ weight: weight.to('float32') })
    expect(loss.item()).to.equal(narrow.forward(x, labels).item())
  })

  it('refuses operands that do not fit', () => {
    const criterion = new nn.NLLLoss()
    const int = { dtype: 'int32' } as const
    const x = zeros([4, 3])
    expect(() => criterion.forward(x, zeros([5], int))).to.throw(
      ShapeError,
      'NLLLoss: expected the target to be class indices of shape (4) for a prediction of shape ' +
        '(4, 3), got shape (5)',
    )
    expect(() => criterion.forward(x, zeros([4, 3], int))).to.throw(ShapeError, '(4, 3)')
    expect(() => criterion.forward(zeros([4, 3, 2]), zeros([4], int))).to.throw(
      ShapeError,
      'shape (4, 2)',
    )
    expect(() => criterion.forward(zeros([]), zeros([], int))).to.throw(ShapeError, '(N, C)')
    expect(() => criterion.forward(x, zeros([4]))).to.throw(DTypeError, "to('int32')")
    expect(() => criterion.forward(zeros([4, 3], int), zeros([4], int))).to.throw(
      DTypeError,
      'prediction',
    )
    const weighted = new nn.NLLLoss({ weight: ones([2]) })
    expect(() => weighted.forward(x, zeros([4], int))).to.throw(ShapeError, 'weight')
    for (const bad of [3, -1]) {
      expect(() => criterion.forward(x, indices([0, 1, bad, 2]))).to.throw(
        ValueError,
        `target[2] = ${bad} is outside 0..2`,
      )
      expect(() => criterion.backward(x, indices([0, 1, bad, 2]))).to.throw(ValueError)
    }
    expect(criterion.output).to.equal(null)
  })

  it('refuses options that make no sense', () => {
    expect(() => new nn.NLLLoss({ ignoreIndex: 0.5 })).to.throw(ValueError, '0.5')
    expect(() => new nn.NLLLoss({ weight: ones([2, 2]) })).to.throw(ShapeError, '(C)')
    expect(() => new nn.NLLLoss({ weight: ones([2], { dtype: 'int32' }) })).to.throw(
      DTypeError,
      'weight',
    )
    const array = [1, 2] as unknown as Tensor
    expect(() => new nn.NLLLoss({ weight: array })).to.throw(ValueError, 'tensor(array)')
    expect(() => new nn.NLLLoss({ reduction: 'mea' as 'mean' })).to.throw(ValueError)
  })

  it('prints itself', () => {
    expect(String(new nn.NLLLoss())).to.equal('NLLLoss()')
    expect(String(new nn.NLLLoss({ weight, ignoreIndex: 0, reduction: 'sum' }))).to.equal(
      'NLLLoss(weight=(4), ignoreIndex=0, reduction=sum)',
    )
  })
})
