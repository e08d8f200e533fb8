import { expect } from 'chai'

import {
  add,
  capture,
  chunk,
  cat,
  data,
  fit,
  Generator,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  ShapeError,
  split,
  sub,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { gradcheck } from '../support/gradcheck.js'

const generator = new Generator(11)
const f64 = { dtype: 'float64', generator } as const
const random = (...shape: number[]): Tensor => randn(shape, f64)
const linear = (into: number, out = into): nn.Linear => new nn.Linear(into, out, f64)
const wrong = (value: unknown): never => value as never

/** A module of a user's own that keeps what it gave, and whose gradient may be of the wrong shape. */
class Keeping extends nn.Module {
  readonly kept: Tensor[] = []
  short = false

  constructor(readonly inner: nn.Module) {
    super()
  }

  override computeOutput(input: Tensor): Tensor {
    const output = this.inner.forward(input)
    this.kept.push(output)
    return output
  }

  override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const gradient = this.inner.backward(input, gradOutput)
    return this.short ? gradient.narrow(0, 0, 1) : gradient
  }
}

/** Containers of two modules for 4 columns, and what they compute, written with functions. */
const kinds: readonly {
  title: string
  sizes: readonly [number, number]
  make: (a: nn.Module, b: nn.Module) => nn.Module
  expected: (x: Tensor, a: nn.Module, b: nn.Module) => Tensor
}[] = [
  {
    title: 'Split',
    sizes: [1, 3],
    make: (a, b) => new nn.Split([a, b], { sizes: [1, 3] }),
    expected: (x, a, b) => {
      const [left, right] = split(x, [1, 3], 1)
      return cat([a.forward(left!), b.forward(right!)], 1)
    },
  },
  {
    title: 'Concat',
    sizes: [4, 4],
    make: (a, b) => new nn.Concat([a, b]),
    expected: (x, a, b) => cat([a.forward(x), b.forward(x)], 1),
  },
  {
    title: 'Parallel',
    sizes: [4, 4],
    make: (a, b) => new nn.Parallel([a, b]),
    expected: (x, a, b) => add(a.forward(x), b.forward(x)),
  },
  {
    title: 'Residual',
    sizes: [4, 4],
    make: (a, b) => new nn.Residual(a, { shortcut: b }),
    expected: (x, a, b) => add(a.forward(x), b.forward(x)),
  },
]

describe('nn: containers of modules side by side', () => {
  for (const { title, sizes, make, expected } of kinds) {
    describe(title, () => {
      const pair = (): [nn.Module, nn.Module] => [linear(sizes[0]), linear(sizes[1])]

      eachBackend(() => {
        it('computes what functions compute', () => {
          const [a, b] = pair()
          const input = random(3, 4)
          const output = make(a, b).forward(input)
          expect(output.toArray()).to.deep.equal(expected(input, a, b).toArray())
        })
      })

      it('reuses its memory, and gives what is the caller’s own', () => {
        const [a, b] = pair()
        const model = make(a, b)
        const [first, second] = [random(2, 4), random(2, 4)]
        const output = model.forward(first)
        const values = output.toArray()
        const hidden = a.output
        const grad = model.backward(first, ones(output.shape, { dtype: 'float64' }))
        const gradValues = grad.toArray()
        model.forward(second)
        expect(a.output).to.equal(hidden)
        model.backward(second, zeros(output.shape, { dtype: 'float64' }))
        expect(output.toArray()).to.deep.equal(values)
        expect(grad.toArray()).to.deep.equal(gradValues)
      })

      it('fits batches that shrink and grow', () => {
        const model = make(...pair())
        for (const batch of [3, 1, 8, 0, 2]) {
          const { shape } = model.forward(random(batch, 4))
          gradcheck(model, random(batch, 4), random(...shape))
        }
      })

      it('gives tensors of their own to modules of a user’s own', () => {
        const [a, b] = pair()
        const keeping = new Keeping(a)
        const model = new nn.Sequential(linear(4), make(keeping, b))
        const outputs = [random(2, 4), random(2, 4)].map((batch) => {
          const output = model.forward(batch)
          gradcheck(model, batch, random(...output.shape))
          model.forward(batch)
          return keeping.kept.at(-1)!.toArray()
        })
        expect(outputs[0]).not.to.deep.equal(outputs[1])
        const last = keeping.kept.length / 2 - 1
        expect(keeping.kept[last]!.toArray()).to.deep.equal(outputs[0])
      })

      it('refuses a gradient of another shape from a module of a user’s own', () => {
        const [a, b] = pair()
        const keeping = new Keeping(a)
        keeping.short = true
        const model = make(keeping, b)
        const input = random(2, 4)
        const { shape } = model.forward(input)
        expect(() => model.backward(input, zeros(shape, { dtype: 'float64' }))).to.throw(
          ShapeError,
          / Keeping\(\): expected the gradient by input 0 that its backward returns to be/,
        )
      })

      it('gives the same gradients after one of its modules ran elsewhere', () => {
        const [a, b] = pair()
        const model = make(a, b)
        const input = random(2, 4)
        const gradOutput = random(...model.forward(input).shape)
        const expected = model.backward(input, gradOutput)
        model.forward(input)
        b.forward(random(2, sizes[1]))
        expect(model.backward(input, gradOutput).toArray()).to.deep.equal(expected.toArray())
      })

      it('passes over branches with nothing to train', () => {
        const model = make(...pair())
        model.children()[0]!.requiresGrad_(false)
        const input = random(2, 4)
        const { shape } = model.forward(input)
        model.backwardParameters(input, ones(shape, { dtype: 'float64' }))
        expect(model.parameters().map(({ grad }) => grad !== null)).to.deep.equal([
          false,
          false,
          true,
          true,
        ])
      })

      it('refuses one of its own intermediate results', () => {
        if (title === 'Split') return // whose parts are of other sizes
        const [a, b] = pair()
        const model = make(a, b)
        noGrad(() => {
          model.forward(random(2, 4))
          expect(() => model.forward(a.output!)).to.throw(ValueError, 'clone()')
        })
      })
    })
  }

  it('run one module at several places', () => {
    const shared = linear(2)
    const input = random(3, 4)
    gradcheck(new nn.Split([shared, shared]), input, random(3, 4))
    const wide = linear(4)
    gradcheck(new nn.Concat([wide, new nn.Tanh(), wide]), input, random(3, 12))
    gradcheck(new nn.Parallel([wide, wide]), input, random(3, 4))

    const block = new nn.Sequential(linear(4))
    const model = new nn.Parallel([block, block])
    gradcheck(model, input, random(3, 4))
  })

  it('are lists with names', () => {
    const [a, b] = [linear(4), new nn.Tanh()]
    const named = new nn.Parallel({ line: a, curve: b })
    expect([named.length, named[0], named.at(-1), named.get('line')]).to.deep.equal([2, a, b, a])
    expect([...named]).to.deep.equal([a, b])
    expect(Object.keys(named.stateDict())).to.deep.equal(['line.weight', 'line.bias'])
    const residual = new nn.Residual(a)
    expect(Object.keys(residual.stateDict())).to.deep.equal(['module.weight', 'module.bias'])
    expect(residual.get('shortcut')).to.be.instanceOf(nn.Identity)
  })

  it('refuse what is no list of modules', () => {
    const cases: [() => unknown, string][] = [
      [() => new nn.Concat([]), 'got none'],
      [() => new nn.Parallel({}), 'got none'],
      [() => new nn.Concat(wrong(linear(2))), 'new nn.Concat([a, b])'],
      [() => new nn.Split(wrong(null)), 'got null'],
      [() => new nn.Split([linear(2), wrong(nn.ReLU)]), 'class or function ReLU'],
      [() => new nn.Concat({ 'a.b': linear(2) }), "'a.b'"],
      [() => new nn.Residual(wrong(undefined)), 'module module to be a Module'],
      [() => new nn.Split([linear(2)], { sizes: [1, 1] }), '1 whole numbers'],
      [() => new nn.Split([linear(2)], { sizes: [-1] }), '[-1]'],
      [() => new nn.AdditiveCoupling(wrong('h')), 'h to be a Module'],
    ]
    for (const [make, message] of cases) expect(make).to.throw(ValueError, message)
  })

  it('refuse outputs that do not go together, naming themselves', () => {
    const cases: [nn.Module, string][] = [
      [new nn.Parallel([linear(4, 4), linear(4, 3)]), 'Sequential.0 Parallel(): expected what all'],
      [new nn.Residual(linear(4, 3)), 'of one shape, (2, 3), got (2, 4)'],
      [new nn.Concat([linear(4), new nn.Unflatten(1, [2, 2])]), 'the same but for dimension 1'],
      [new nn.AdditiveCoupling(linear(2, 1)), 'what h gives to be shape (2, 2) as its input has'],
    ]
    for (const [module, message] of cases) {
      const model = new nn.Sequential(module)
      const input = random(2, 4)
      expect(() => model.forward(input)).to.throw(ShapeError, message)
      expect(() => model.backward(input, input)).to.throw(ValueError, 'forward')
    }
  })

  eachBackend(() => {
    it('are trained by fit as by a loop', async () => {
      const build = (): nn.Sequential => {
        manualSeed(5)
        return new nn.Sequential(
          new nn.Concat([
            new nn.Linear(6, 4),
            new nn.Sequential(new nn.Linear(6, 4), new nn.ReLU()),
          ]),
          new nn.AdditiveCoupling(new nn.Sequential(new nn.Linear(4, 4), new nn.Dropout(0.2))),
          new nn.Residual(new nn.Split([new nn.Linear(4, 4), new nn.Tanh()])),
          new nn.Parallel([new nn.Linear(8, 1), new nn.Linear(8, 1, { bias: false })]),
        )
      }
      const x = randn([50, 6], { generator })
      const y = randn([50, 1], { generator })
      const criterion = new nn.MSELoss()
      const loaderOf = (): data.DataLoader<[Tensor, Tensor]> =>
        new data.DataLoader([x, y], { batchSize: 16 })

      const byHand = build()
      const adam = new optim.Adam(byHand.parameters(), { lr: 0.01 })
      for (let epoch = 0; epoch < 3; epoch++) {
        for (const [input, target] of loaderOf()) {
          adam.zeroGrad()
          const output = byHand.forward(input)
          byHand.backwardParameters(input, criterion.backward(output, target))
          adam.step()
        }
      }
      const fitted = build()
      const optimizer = new optim.Adam(fitted.parameters(), { lr: 0.01 })
      const history = await fit(fitted, loaderOf(), {
        criterion,
        optimizer,
        epochs: 3,
        progress: false,
      })
      expect(history.mode).to.equal('captured')
      for (const [key, value] of Object.entries(fitted.stateDict())) {
        expect(value.toArray(), key).to.deep.equal(byHand.stateDict()[key]!.toArray())
      }
    })
  })
})

describe('nn: AdditiveCoupling', () => {
  /** Any module will do. */
  const inner: readonly [string, () => nn.Module, number[]][] = [
    ['a convolution after ReLU', () => new nn.Sequential(new nn.ReLU(), new nn.Conv2d(3, 3, 1)), [4, 6, 5, 7]],
    ['batch normalisation', () => new nn.BatchNorm2d(2), [3, 4, 3, 3]],
    ['a network', () => new nn.Sequential(new nn.Linear(5, 9), new nn.Tanh(), new nn.Linear(9, 5)), [6, 10]],
    ['another coupling', () => new nn.AdditiveCoupling(new nn.Linear(2, 2)), [3, 8]],
    ['a module of a user’s own', () => new Keeping(new nn.Softplus()), [3, 2]],
  ] // prettier-ignore

  eachBackend(() => {
    for (const [title, make, shape] of inner) {
      for (const dtype of ['float32', 'float64'] as const) {
        it(`goes there and back with ${title} in ${dtype}`, () => {
          const layer = new nn.AdditiveCoupling(make()).to(dtype)
          const x = randn(shape, { dtype, generator })
          const y = layer.forward(x)
          const back = layer.inverse(y)
          // x2' = ((x2 + h)(1 + e1) - h)(1 + e2): the sum's rounding and that of the difference
          const unit = dtype === 'float32' ? 2 ** -24 : 2 ** -53
          const [x1, x2] = chunk(x, 2, 1)
          const [y1, y2] = chunk(y, 2, 1)
          const [b1, b2] = chunk(back, 2, 1)
          expect(y1!.toArray()).to.deep.equal(x1!.toArray())
          expect(b1!.toArray()).to.deep.equal(x1!.toArray())
          for (let i = 0; i < x2!.length; i++) {
            const bound = unit * (Math.abs(y2!.data[i]!) + Math.abs(b2!.data[i]!))
            expect(Math.abs(b2!.data[i]! - x2!.data[i]!)).to.be.at.most(bound)
          }
          expect(y2!.toArray(), 'h does something').not.to.deep.equal(x2!.toArray())
        })
      }
    }
  })

  it('halves along any dimension', () => {
    for (const dim of [0, 2, -1]) {
      const layer = new nn.AdditiveCoupling(new nn.Tanh(), { dim })
      const x = random(2, 3, 4)
      const [x1, x2] = chunk(x, 2, dim)
      const expected = cat([x1!, add(x2!, new nn.Tanh().forward(x1!))], dim)
      expect(layer.forward(x).toArray()).to.deep.equal(expected.toArray())
      gradcheck(layer, x, random(2, 3, 4))
      expect(
        sub(layer.inverse(layer.forward(x)), x).data.every((e) => Math.abs(e) < 1e-15),
      ).to.equal(true)
    }
  })

  it('gives the gradients of its forward after an inverse', () => {
    const layer = new nn.AdditiveCoupling(linear(2))
    const model = new nn.Sequential(linear(4), layer)
    const input = random(3, 4)
    for (const module of [layer, model]) {
      module.forward(input)
      const expected = module.backward(input, input)
      module.forward(input)
      layer.inverse(random(3, 4))
      expect(module.backward(input, input).toArray()).to.deep.equal(expected.toArray())
    }
  })

  it('refuses what has no halves, in both directions', () => {
    const layer = new nn.AdditiveCoupling(new nn.ReLU())
    for (const pass of [(x: Tensor) => layer.forward(x), (x: Tensor) => layer.inverse(x)]) {
      expect(() => pass(zeros([2, 3]))).to.throw(ShapeError, 'that 2 divides, got shape (2, 3)')
      expect(() => pass(zeros([4]))).to.throw(ShapeError, 'dim')
      expect(() => pass(zeros([2, 4], { dtype: 'int32' }))).to.throw('float32')
      expect(() => pass(wrong([1, 2]))).to.throw(ValueError, 'tensor(array)')
    }
  })

  it('inverts in a captured step', () => {
    const layer = new nn.AdditiveCoupling(new nn.Sequential(new nn.Linear(1, 1), new nn.Tanh()))
    const input = tensor([[1, 2]])
    const step = capture(({ input }: { input: Tensor }) => layer.inverse(input), {
      inputs: { input },
    })
    const other = tensor([[3, -1]])
    expect(step.runSync({ input: other }).toArray()).to.deep.equal(layer.inverse(other).toArray())
  })
})
