import { expect } from 'chai'

import {
  DTypeError,
  Generator,
  nn,
  ones,
  randn,
  ShapeError,
  softmax,
  tensor,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { expectGradient, inner } from '../support/gradcheck.js'

const generator = new Generator(6)
const random = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', generator })
const indices = (values: number[]): Tensor => tensor(values, { dtype: 'int32' })

const weight = tensor([0.5, 2, 1, 0.25], { dtype: 'float64' })
const total = (losses: Tensor): number => inner(losses, ones(losses.shape))

interface Case {
  readonly title: string
  readonly options: nn.CrossEntropyLossOptions
  readonly target: Tensor
}

const labels = indices([2, 0, 3, 3, 1])
const cases: readonly Case[] = [
  { title: 'class indices', options: {}, target: labels },
  { title: 'class indices (N, 1)', options: {}, target: labels.reshape([5, 1]) },
  { title: 'class indices of uint8', options: {}, target: labels.to('uint8') },
  { title: 'weights', options: { weight }, target: labels },
  { title: 'an ignored index', options: { ignoreIndex: 3 }, target: labels },
  {
    title: 'ignored rows, weights and smoothing',
    options: { weight, labelSmoothing: 0.2 },
    target: indices([2, -100, 0, -100, 1]),
  },
  { title: 'smoothing', options: { labelSmoothing: 0.1 }, target: labels },
  { title: 'probabilities', options: {}, target: softmax(random(5, 4)) },
  {
    title: 'probabilities, weights and smoothing',
    options: { weight, labelSmoothing: 0.3 },
    target: softmax(random(5, 4)),
  },
]

const places = indices([2, 0, 3, 3, 1, 0, 1, -100, 3, 2, 2, 0]).reshape([2, 3, 2])
const imageCases: readonly Case[] = [
  { title: 'class indices', options: {}, target: places },
  {
    title: 'weights, smoothing and an ignored index',
    options: { weight, labelSmoothing: 0.2 },
    target: places,
  },
  {
    title: 'probabilities, weights and smoothing',
    options: { weight, labelSmoothing: 0.3 },
    target: softmax(random(2, 4, 3, 2), 1),
  },
]

describe('nn.CrossEntropyLoss', () => {
  for (const { title, options, target } of cases) {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      it(`has the gradient of central differences: ${title}, ${reduction}`, () => {
        const criterion = new nn.CrossEntropyLoss({ ...options, reduction })
        const logits = random(5, 4)
        const loss = criterion.forward(logits, target)
        expect(loss.shape).to.deep.equal(reduction === 'none' ? [5] : [])
        const gradient = criterion.backward(logits, target)
        const value = (): number => total(criterion.forward(logits, target))
        expectGradient(title, gradient, logits, value, value())
      })
    }
  }

  for (const { title, options, target } of imageCases) {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      it(`has the gradient of central differences for images: ${title}, ${reduction}`, () => {
        const criterion = new nn.CrossEntropyLoss({ ...options, reduction })
        const logits = random(2, 4, 3, 2)
        const loss = criterion.forward(logits, target)
        expect(loss.shape).to.deep.equal(reduction === 'none' ? [2, 3, 2] : [])
        const gradient = criterion.backward(logits, target)
        expect(gradient.shape).to.deep.equal(logits.shape)
        const value = (): number => total(criterion.forward(logits, target))
        expectGradient(title, gradient, logits, value, value())
      })
    }
  }

  it('is NLLLoss of LogSoftmax for images', () => {
    const logits = random(3, 4, 5, 7)
    const target = indices(Array.from({ length: 105 }, (_, i) => (i * i) % 4)).reshape([3, 5, 7])
    for (const reduction of ['mean', 'sum'] as const) {
      const loss = new nn.CrossEntropyLoss({ weight, reduction }).forward(logits, target).item()
      const logP = new nn.LogSoftmax(1).forward(logits)
      const expected = new nn.NLLLoss({ weight, reduction }).forward(logP, target).item()
      // 105 terms of at most 20, each of some 20 roundings
      expect(loss).to.be.closeTo(expected, 2 * 125 * 105 * 20 * 2 ** -53)
    }
  })

  it('takes a single sample', () => {
    const logits = random(4)
    const single = new nn.CrossEntropyLoss()
    const expected = single.forward(logits.reshape([1, 4]), indices([2])).item()
    for (const target of [
      tensor(2, { dtype: 'int32' }),
      indices([2]),
      tensor(2, { dtype: 'uint8' }),
    ]) {
      expect(single.forward(logits, target).item()).to.equal(expected)
      expect(single.backward(logits, target).shape).to.deep.equal([4])
    }
    const oneHot = tensor([0, 0, 1, 0], { dtype: 'float64' })
    // one more product by 0 or 1 a class: the same sums
    expect(single.forward(logits, oneHot).item()).to.be.closeTo(expected, 2 ** -50)
    expect(
      new nn.CrossEntropyLoss({ reduction: 'none' }).forward(logits, oneHot).shape,
    ).to.deep.equal([])
  })

  for (const dtype of ['float32', 'float64'] as const) {
    it(`stays exact for logits of ±1e4 in ${dtype}`, () => {
      const logits = tensor(
        [
          [1e4, -1e4, 0],
          [1e4, -1e4, 0],
          [-1e4, -1e4, -1e4],
        ],
        { dtype },
      )
      const criterion = new nn.CrossEntropyLoss({ reduction: 'none' })
      const loss = criterion.forward(logits, indices([0, 1, 2]))
      const ulp = dtype === 'float32' ? 2 ** -23 : 2 ** -52
      expect(loss.data[0]).to.equal(0)
      expect(loss.data[1]).to.equal(2e4)
      expect(loss.data[2]).to.be.closeTo(Math.log(3), 4 * ulp)
      const gradient = criterion.backward(logits, indices([0, 1, 2]))
      expect(gradient.narrow(0, 0, 2).toArray()).to.deep.equal([
        [0, 0, 0],
        [1, -1, 0],
      ])
      const third = Array.from(gradient.select(0, 2).data)
      for (const [i, value] of [1 / 3, 1 / 3, -2 / 3].entries()) {
        expect(third[i]).to.be.closeTo(value, 4 * ulp)
      }
    })
  }

  it('is NaN where every row is ignored, as in PyTorch', () => {
    const criterion = new nn.CrossEntropyLoss()
    expect(criterion.forward(random(2, 3), indices([-100, -100])).item()).to.be.NaN
    const sum = new nn.CrossEntropyLoss({ reduction: 'sum' })
    expect(sum.forward(random(2, 3), indices([-100, -100])).item()).to.equal(0)
  })

  it('takes an empty batch', () => {
    const criterion = new nn.CrossEntropyLoss()
    expect(criterion.forward(zeros([0, 3]), indices([])).item()).to.be.NaN
    expect(criterion.backward(zeros([0, 3]), indices([])).shape).to.deep.equal([0, 3])
  })

  it('gives the gradient of any pair, whatever forward saw last', () => {
    const criterion = new nn.CrossEntropyLoss({ weight })
    const [a, b] = [random(2, 4), random(5, 4)]
    const expected = new nn.CrossEntropyLoss({ weight }).backward(a, indices([1, 2])).toArray()
    criterion.forward(b, labels)
    expect(criterion.backward(a, indices([1, 2])).toArray()).to.deep.equal(expected)
  })

  it('takes weights of the other float dtype', () => {
    const logits = random(5, 4).to('float32')
    const narrow = new nn.CrossEntropyLoss({ weight: weight.to('float32') })
    const wide = new nn.CrossEntropyLoss({ weight })
    const loss = wide.forward(logits, labels)
    expect(loss.dtype).to.equal('float32')
    expect(loss.item()).to.equal(narrow.forward(logits, labels).item())
  })

  it('refuses a label out of range before anything is written', () => {
    const criterion = new nn.CrossEntropyLoss()
    expect(() => criterion.forward(random(2, 3), indices([0, 3]))).to.throw(
      ValueError,
      /3 .*is outside/,
    )
    expect(() => criterion.forward(random(2, 3), indices([-1, 0]))).to.throw(
      ValueError,
      /-1 .*is outside/,
    )
    expect(criterion.output).to.equal(null)
  })

  it('refuses operands that do not fit', () => {
    const criterion = new nn.CrossEntropyLoss()
    const logits = zeros([4, 3])
    const int = { dtype: 'int32' } as const
    expect(() => criterion.forward(logits, zeros([5], int))).to.throw(
      ShapeError,
      'CrossEntropyLoss: expected the target to be class indices of shape (4) or float ' +
        'probabilities of shape (4, 3) for a prediction of shape (4, 3), got int32 of shape (5)',
    )
    expect(() => criterion.forward(logits, zeros([4, 3], int))).to.throw(ShapeError, 'one-hot')
    expect(() => criterion.forward(logits, zeros([4]))).to.throw(DTypeError, "to('int32')")
    expect(() => criterion.forward(logits, zeros([4, 1]))).to.throw(DTypeError, "to('int32')")
    expect(() => criterion.forward(logits, zeros([4, 2]))).to.throw(ShapeError, 'float32 of shape')
    expect(() => criterion.forward(logits, zeros([4, 3], { dtype: 'float64' }))).to.throw(
      DTypeError,
      'probabilities',
    )
    expect(() => criterion.forward(zeros([4, 3, 2]), zeros([4], int))).to.throw(
      ShapeError,
      'class indices of shape (4, 2) or float probabilities of shape (4, 3, 2) for a prediction of ' +
        'shape (4, 3, 2), got int32 of shape (4)',
    )
    expect(() => criterion.forward(zeros([4, 3, 2]), zeros([4, 2]))).to.throw(
      DTypeError,
      "to('int32')",
    )
    expect(() => criterion.forward(zeros([]), zeros([], int))).to.throw(ShapeError, '(N, C, d1, …)')
    expect(() => criterion.forward(zeros([4, 3], int), zeros([4], int))).to.throw(
      DTypeError,
      'prediction',
    )
    expect(() => criterion.forward(zeros([3]), zeros([3], int))).to.throw(ShapeError, 'shape ()')
    const weighted = new nn.CrossEntropyLoss({ weight: ones([2]) })
    expect(() => weighted.forward(logits, zeros([4], int))).to.throw(ShapeError, 'weight')
  })

  it('refuses options that make no sense', () => {
    expect(() => new nn.CrossEntropyLoss({ labelSmoothing: 1.5 })).to.throw(ValueError, 'in [0, 1]')
    expect(() => new nn.CrossEntropyLoss({ labelSmoothing: NaN })).to.throw(ValueError, 'NaN')
    expect(() => new nn.CrossEntropyLoss({ ignoreIndex: 0.5 })).to.throw(ValueError, '0.5')
    expect(() => new nn.CrossEntropyLoss({ weight: ones([2, 2]) })).to.throw(ShapeError, '(C)')
    const whole = ones([2], { dtype: 'int32' })
    expect(() => new nn.CrossEntropyLoss({ weight: whole })).to.throw(DTypeError, 'weight')
    expect(() => new nn.CrossEntropyLoss({ reduction: 'mea' as 'mean' })).to.throw(ValueError)
  })

  it('prints itself', () => {
    expect(String(new nn.CrossEntropyLoss())).to.equal('CrossEntropyLoss()')
    const options = { weight, ignoreIndex: 0, labelSmoothing: 0.1, reduction: 'sum' } as const
    expect(String(new nn.CrossEntropyLoss(options))).to.equal(
      'CrossEntropyLoss(weight=(4), ignoreIndex=0, labelSmoothing=0.1, reduction=sum)',
    )
  })
})
