import { expect } from 'chai'

import {
  DTypeError,
  Generator,
  logSoftmax,
  nn,
  ones,
  rand,
  randn,
  ShapeError,
  softmax,
  tensor,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { expectGradient, inner } from '../support/gradcheck.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(9)
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })
const fraction = (...shape: number[]): Tensor => rand(shape, { ...f64, generator })

interface Case {
  readonly title: string
  readonly make: (reduction: nn.ReductionName) => nn.Criterion
  readonly prediction: (shape: number[]) => Tensor
  readonly target: (shape: number[]) => Tensor
}

const numbers = (shape: number[]): Tensor => random(...shape)
const fractions = (shape: number[]): Tensor => fraction(...shape)
const shares = (shape: number[]): Tensor => softmax(random(...shape))
const logShares = (shape: number[]): Tensor => logSoftmax(random(...shape))

const cases: readonly Case[] = [
  {
    title: 'L1Loss',
    make: (reduction) => new nn.L1Loss({ reduction }),
    prediction: numbers,
    target: numbers,
  },
  {
    title: 'SmoothL1Loss',
    make: (reduction) => new nn.SmoothL1Loss({ reduction, beta: 0.8 }),
    prediction: numbers,
    target: numbers,
  },
  {
    title: 'HuberLoss',
    make: (reduction) => new nn.HuberLoss({ reduction, delta: 0.8 }),
    prediction: numbers,
    target: numbers,
  },
  {
    title: 'BCELoss',
    make: (reduction) => new nn.BCELoss({ reduction }),
    prediction: (shape) => {
      const x = fraction(...shape)
      // away from 0 and 1, where the third derivative, 2 / x^3, spoils the differences
      for (let i = 0; i < x.length; i++) x.data[i] = 0.25 + 0.5 * x.data[i]!
      return x
    },
    target: fractions,
  },
  {
    title: 'BCEWithLogitsLoss',
    make: (reduction) => new nn.BCEWithLogitsLoss({ reduction }),
    prediction: numbers,
    target: fractions,
  },
  {
    title: 'KLDivLoss',
    make: (reduction) => new nn.KLDivLoss({ reduction }),
    prediction: logShares,
    target: shares,
  },
  {
    title: 'KLDivLoss of logarithms',
    make: (reduction) => new nn.KLDivLoss({ reduction, logTarget: true }),
    prediction: logShares,
    target: logShares,
  },
]

for (const { title, make, prediction, target } of cases) {
  describe(`nn.${title}`, () => {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      for (const shape of [[1], [7], [4, 3], [2, 3, 2]]) {
        it(`has the gradient of central differences: ${reduction}, (${shape.join(', ')})`, () => {
          const criterion = make(reduction)
          const [x, y] = [prediction(shape), target(shape)]
          const loss = criterion.forward(x, y)
          expect(loss.shape).to.deep.equal(reduction === 'none' ? shape : [])
          expect(loss.dtype).to.equal('float64')
          const value = (): number => inner(criterion.forward(x, y), ones(loss.shape))
          expectGradient(title, criterion.backward(x, y), x, value, value())
        })
      }
    }

    it('is NaN for the mean of nothing, as in PyTorch, and 0 for the sum', () => {
      const nothing = zeros([0, 3])
      expect(make('mean').forward(nothing, nothing).item()).to.be.NaN
      expect(make('sum').forward(nothing, nothing).item()).to.equal(0)
      expect(make('mean').backward(nothing, nothing).shape).to.deep.equal([0, 3])
    })

    it('refuses operands that do not fit', () => {
      const criterion = make('mean')
      const who = criterion.constructor.name
      for (const method of ['forward', 'backward'] as const) {
        expect(() => criterion[method](zeros([4, 1]), zeros([4]))).to.throw(
          ShapeError,
          `${who}: expected the target to be of the prediction's shape (4, 1), got shape (4); ` +
            'use target.reshape([4, 1])',
        )
        expect(() => criterion[method](zeros([4]), zeros([4], f64))).to.throw(
          DTypeError,
          "to('float32')",
        )
        const whole = zeros([4], { dtype: 'int32' })
        expect(() => criterion[method](whole, whole)).to.throw(DTypeError, who)
      }
      expect(criterion.output).to.equal(null)
      expect(() => make('average' as 'mean')).to.throw(ValueError, "'mean' or 'sum'")
    })
  })
}

describe('weights of a binary cross entropy', () => {
  const shape = [4, 3, 2]
  const weights: readonly (readonly [string, Tensor])[] = [
    ['one number', tensor([3], f64)],
    ['a number for each of the last dimension', tensor([2, 0.5], f64)],
    ['the last two dimensions', fraction(3, 2)],
    ['the middle dimension', fraction(3, 1)],
    ['the batch', fraction(4, 1, 1)],
    ['batch and middle', fraction(4, 3, 1)],
    ['all', fraction(4, 3, 2)],
    ['ones in front', fraction(1, 1, 2)],
    ['only ones', fraction(1, 1, 1)],
  ]

  /** Weight of each element by PyTorch's rules of broadcasting. */
  function spread(weight: Tensor): number[] {
    const sizes = [...new Array<number>(3 - weight.ndim).fill(1), ...weight.shape]
    const out: number[] = []
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 3; j++) {
        for (let k = 0; k < 2; k++) {
          const at = [i, j, k].map((index, dim) => (sizes[dim] === 1 ? 0 : index))
          out.push(weight.data[(at[0]! * sizes[1]! + at[1]!) * sizes[2]! + at[2]!]!)
        }
      }
    }
    return out
  }

  for (const [title, weight] of weights) {
    it(title, () => {
      const x = random(...shape)
      const y = fraction(...shape)
      const plain = new nn.BCEWithLogitsLoss({ reduction: 'none' }).forward(x, y)
      const weighted = new nn.BCEWithLogitsLoss({ reduction: 'none', weight })
      const full = spread(weight)
      const expected = full.map((w, i) => w * plain.data[i]!)
      expect(Array.from(weighted.forward(x, y).data)).to.deep.equal(expected)
      const all = tensor(full, f64).reshape(shape)
      const positive = new nn.BCEWithLogitsLoss({ posWeight: weight })
      const same = new nn.BCEWithLogitsLoss({ posWeight: all })
      expect(positive.forward(x, y).item()).to.equal(same.forward(x, y).item())
      expect(positive.backward(x, y).toArray()).to.deep.equal(same.backward(x, y).toArray())
      const probability = fraction(...shape)
      expect(new nn.BCELoss({ weight }).forward(probability, y).item()).to.equal(
        new nn.BCELoss({ weight: all }).forward(probability, y).item(),
      )
    })
  }

  it('has the gradient of central differences with both weights', () => {
    const criterion = new nn.BCEWithLogitsLoss({ weight: fraction(4, 1), posWeight: fraction(3) })
    const [x, y] = [random(4, 3), fraction(4, 3)]
    const value = (): number => criterion.forward(x, y).item()
    expectGradient('BCEWithLogitsLoss', criterion.backward(x, y), x, value, value())
  })

  it('follow another batch size, another dtype and a change in place', () => {
    const weight = tensor([1, 2])
    const criterion = new nn.BCEWithLogitsLoss({ weight, reduction: 'sum' })
    for (const rows of [3, 1, 4]) {
      const x = zeros([rows, 2])
      const expected = 3 * rows * Math.LN2
      // 14 roundings of a loss, 8 of the sum
      expect(criterion.forward(x, x).item()).to.be.closeTo(expected, 22 * 2 ** -24 * expected)
    }
    weight.data[0] = 5
    const [narrow, wide] = [zeros([1, 2]), zeros([1, 2], f64)]
    const expected = 7 * Math.LN2
    const [near, nearer] = [22 * 2 ** -24 * expected, 22 * 2 ** -53 * expected]
    expect(criterion.forward(narrow, narrow).item()).to.be.closeTo(expected, near)
    expect(criterion.forward(wide, wide).item()).to.be.closeTo(expected, nearer)
  })

  it('are refused where they do not fit', () => {
    const x = zeros([4, 3])
    const loss = (weight: Tensor): (() => Tensor) => {
      const criterion = new nn.BCEWithLogitsLoss({ posWeight: weight })
      return () => criterion.forward(x, x)
    }
    expect(loss(ones([4]))).to.throw(
      ShapeError,
      "BCEWithLogitsLoss: expected posWeight to be of a shape that fits the prediction's (4, 3)",
    )
    expect(loss(ones([2, 4, 3]))).to.throw(ShapeError, 'shape (2, 4, 3)')
    expect(loss(ones([3, 1]))).to.throw(ShapeError, 'shape (3, 1)')
    const whole = ones([3], { dtype: 'int32' })
    expect(() => new nn.BCEWithLogitsLoss({ posWeight: whole })).to.throw(DTypeError, 'posWeight')
    expect(() => new nn.BCELoss({ weight: whole })).to.throw(DTypeError, 'BCELoss')
    const array = [1, 2] as unknown as Tensor
    expect(() => new nn.BCELoss({ weight: array })).to.throw(ValueError, 'tensor(array)')
  })
})

describe('criteria of one element', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    it(`BCEWithLogitsLoss stays exact for logits of ±1e4 in ${dtype}`, () => {
      const x = tensor([1e4, -1e4, 1e4, -1e4], { dtype })
      const y = tensor([1, 1, 0, 0], { dtype })
      const criterion = new nn.BCEWithLogitsLoss({ reduction: 'none' })
      expect(criterion.forward(x, y).toArray()).to.deep.equal([0, 1e4, 1e4, 0])
      expect(Array.from(criterion.backward(x, y).data, (g) => g + 0)).to.deep.equal([0, -1, 1, 0])
    })

    it(`BCEWithLogitsLoss keeps the digits of small losses in ${dtype}`, () => {
      // log(1 + exp(-20)): subtracting 20 from 20 + it would leave nothing
      const x = tensor([20, -20], { dtype })
      const y = tensor([1, 0], { dtype })
      const exact = Math.log1p(Math.exp(-20))
      const loss = new nn.BCEWithLogitsLoss({ reduction: 'none' }).forward(x, y)
      const unit = dtype === 'float32' ? 2 ** -24 : 2 ** -53
      for (const value of loss.data) expect(value).to.be.closeTo(exact, 14 * unit * exact)
    })
  }

  it('BCELoss cuts logarithms off at -100', () => {
    const criterion = new nn.BCELoss({ reduction: 'none' })
    const loss = criterion.forward(tensor([0, 1, 0, 1]), tensor([1, 0, 0, 1]))
    expect(Array.from(loss.data, (value) => value + 0)).to.deep.equal([100, 100, 0, 0])
  })

  it('BCELoss refuses what is no probability', () => {
    const criterion = new nn.BCELoss()
    for (const bad of [-0.1, 1.1, NaN]) {
      for (const method of ['forward', 'backward'] as const) {
        expect(() => criterion[method](tensor([0.5, bad]), tensor([1, 0]))).to.throw(
          ValueError,
          /x\[1\] = .* outside \[0, 1\].*BCEWithLogitsLoss/,
        )
      }
    }
    expect(criterion.output).to.equal(null)
  })

  it('KLDivLoss: batchmean divides by the batch', () => {
    const [x, y] = [logShares([4, 3]), shares([4, 3])]
    const batchmean = new nn.KLDivLoss({ reduction: 'batchmean' })
    const sum = new nn.KLDivLoss({ reduction: 'sum' }).forward(x, y).item()
    expect(batchmean.forward(x, y).item()).to.equal(sum / 4)
    const value = (): number => batchmean.forward(x, y).item()
    expectGradient('batchmean', batchmean.backward(x, y), x, value, value())
  })

  it('L1Loss has gradient 0 where both are equal', () => {
    const x = tensor([1, -2, 3])
    const gradient = new nn.L1Loss({ reduction: 'sum' }).backward(x, tensor([1, 2, -3]))
    expect(gradient.toArray()).to.deep.equal([0, -1, 1])
  })

  it('refuse options that make no sense', () => {
    expect(() => new nn.SmoothL1Loss({ beta: -1 })).to.throw(ValueError, 'beta')
    expect(() => new nn.SmoothL1Loss({ beta: NaN })).to.throw(ValueError, 'NaN')
    expect(() => new nn.HuberLoss({ delta: 0 })).to.throw(ValueError, 'delta')
    expect(() => new nn.HuberLoss({ delta: Infinity })).to.throw(ValueError, 'Infinity')
  })

  it('print themselves', () => {
    expect(String(new nn.L1Loss())).to.equal('L1Loss()')
    expect(String(new nn.SmoothL1Loss({ beta: 2 }))).to.equal('SmoothL1Loss(beta=2)')
    expect(String(new nn.HuberLoss({ delta: 2, reduction: 'sum' }))).to.equal(
      'HuberLoss(delta=2, reduction=sum)',
    )
    expect(String(new nn.BCELoss())).to.equal('BCELoss()')
    const options = { weight: ones([3]), posWeight: ones([3]) }
    expect(String(new nn.BCEWithLogitsLoss(options))).to.equal(
      'BCEWithLogitsLoss(weight=(3), posWeight=(3))',
    )
    expect(String(new nn.KLDivLoss({ reduction: 'batchmean', logTarget: true }))).to.equal(
      'KLDivLoss(reduction=batchmean, logTarget=true)',
    )
  })
})
