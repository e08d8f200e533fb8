/** What capture makes of functions of tensors: the calls that layers have, and the same bits. */
import { expect } from 'chai'

import {
  add,
  capture,
  manualSeed,
  matmul,
  mul,
  nn,
  noGrad,
  optim,
  randn,
  sum,
  type Tensor,
  tensor,
} from '../../ts/index.js'
import type { FloatDType } from '../../ts/kernels/dtype.js'
import { eachBackend } from '../support/each-backend.js'

const { relu } = nn.functional

function bitsOf({ buffer, byteOffset, length, dtype }: Tensor): number[] {
  const bytes = length * (dtype === 'float32' ? 4 : 8)
  return Array.from(new Uint8Array(buffer, byteOffset, bytes))
}

/** The names of the calls that are run. */
function run(step: { describe(): string }): string[] {
  const lines = step.describe().split(/^run: .*$/m)[1]!
  return Array.from(lines.matchAll(/^ *\d+ +(\w+)/gm), ([, name]) => name!)
}

const SIZES = [7, 19, 5] as const

class Perceptron extends nn.Module {
  readonly weights: nn.ParameterList
  readonly biases: nn.ParameterList

  constructor(
    dtype: FloatDType,
    readonly biasFirst: boolean,
  ) {
    super()
    const random = (...shape: number[]): nn.Parameter => new nn.Parameter(randn(shape, { dtype }))
    this.weights = new nn.ParameterList([random(7, 19), random(19, 5)])
    this.biases = new nn.ParameterList([random(19), random(5)])
  }

  override forward(x: Tensor): Tensor {
    const [w0, w1] = [...this.weights]
    const [b0, b1] = [...this.biases]
    const with_ = (h: Tensor, b: Tensor): Tensor => (this.biasFirst ? add(b, h) : add(h, b))
    return with_(matmul(relu(with_(matmul(x, w0!), b0!)), w1!), b1!)
  }
}

function training(model: nn.Module, dtype: FloatDType, numbers: readonly number[]) {
  const x = tensor(
    Array.from({ length: 6 }, (_, i) =>
      Array.from({ length: SIZES[0] }, (_, j) => numbers[(7 * i + j) % numbers.length]!),
    ),
    { dtype },
  )
  const target = randn([6, SIZES[2]], { dtype })
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
  const criterion = new nn.MSELoss()
  const step = (): Tensor => {
    optimizer.zeroGrad()
    const loss = criterion.forward(model.forward(x), target)
    loss.backward()
    optimizer.step()
    return loss
  }
  const state = (): unknown =>
    model.parameters().flatMap((parameter) => [bitsOf(parameter), bitsOf(parameter.grad!)])
  return { step, state }
}

describe('capture of functions', () => {
  eachBackend((backend) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const folds = backend === 'native' || dtype === 'float64'
      for (const [title, numbers] of [
        ['numbers', [1, -2, 0.3, 4, -0.5]],
        ['NaN and infinities', [1, NaN, 0.3, Infinity, -0, -Infinity]],
      ] as const) {
        it(`a perceptron has the calls of layers, and the bits of its own: ${title}, ${dtype}`, () => {
          for (const biasFirst of [false, true]) {
            const [eager, captured] = [0, 1].map(() => {
              manualSeed(1)
              return training(new Perceptron(dtype, biasFirst), dtype, numbers)
            })
            const step = capture(captured!.step)
            const layers = new nn.Sequential(
              new nn.Linear(7, 19, { dtype }),
              new nn.ReLU(),
              new nn.Linear(19, 5, { dtype }),
            )
            const expected = run(capture(training(layers, dtype, numbers).step))
            if (folds) expect(run(step).sort()).to.deep.equal(expected.sort())
            else expect(run(step)).to.include('binary').and.not.include('axpby')
            for (let i = 0; i < 3; i++) {
              expect(bitsOf(step.runSync())).to.deep.equal(bitsOf(eager!.step()))
              expect(captured!.state()).to.deep.equal(eager!.state())
            }
          }
        })
      }
    }

    const f64 = { dtype: 'float64' } as const
    const [x, w, row] = [randn([4, 3], f64), randn([3, 5], f64), randn([5], f64)]
    const forms: [title: string, calls: string, body: () => Tensor | readonly Tensor[]][] = [
      ['a row', 'matmul', () => add(matmul(x, w), row)],
      ['a row of a product of vectors', 'matmul', () => add(matmul(x.select(0, 0), w), row)],
      [
        'one number of one column',
        'matmul',
        () => add(matmul(x, w.reshape([5, 3]).select(0, 0)), row.narrow(0, 0, 1)),
      ],
      [
        'a number for many columns',
        'matmul binary copy',
        () => add(matmul(x, w), row.narrow(0, 0, 1)),
      ],
      [
        'a column',
        'matmul binary copy',
        () => add(matmul(x, w), row.narrow(0, 0, 4).reshape([4, 1])),
      ],
      ['a matrix', 'matmul binary copy', () => add(matmul(x, w), randn4x5)],
      ['a second row', 'matmul binary copy', () => add(add(matmul(x, w), row), row)],
      [
        'sums that are returned, too',
        'matmul binary copy copy',
        () => {
          const sums = matmul(x, w)
          return [sums, add(sums, row)]
        },
      ],
      [
        'a row that is computed before',
        'binary matmul',
        () => {
          const twice = add(row, row)
          return add(matmul(x, w), twice)
        },
      ],
      [
        'a row that is computed in between',
        'matmul binary binary copy',
        () => {
          const sums = matmul(x, w)
          return add(sums, add(row, row))
        },
      ],
    ]
    const randn4x5 = randn([4, 5], f64)
    for (const [title, calls, body] of forms) {
      it(`a product and what is added to it: ${title}`, () => {
        const step = capture(() => noGrad(body))
        expect(run(step).join(' ')).to.equal(calls)
        const all = (of: Tensor | readonly Tensor[]): number[][] =>
          (Array.isArray(of) ? (of as Tensor[]) : [of as Tensor]).map(bitsOf)
        expect(all(step.runSync())).to.deep.equal(all(body()))
      })
    }

    it('a gradient is written where it is kept, unless something else reads it', () => {
      const w = randn([3, 5], f64).requiresGrad_()
      const loss = (): Tensor => sum(matmul(x, w))
      const plain = capture(() => {
        w.grad = null
        loss().backward()
      })
      expect(run(plain).filter((name) => name === 'copy' || name === 'axpby')).to.have.length(0)
      const twice = capture(() => {
        w.grad = null
        loss().backward()
        loss().backward()
      })
      const seen = capture(() => {
        w.grad = null
        let by: Tensor | undefined
        const back = w.registerHook((gradient) => {
          by = gradient
          return mul(gradient, 2)
        })
        loss().backward()
        back()
        return by!
      })
      const expected = (times: number): number[] => {
        w.grad = null
        for (let i = 0; i < times; i++) loss().backward()
        return bitsOf(w.grad!)
      }
      const [once, double] = [expected(1), expected(2)]
      for (const [step, gradient] of [
        [plain, once],
        [twice, double],
        [seen, double],
      ] as const) {
        const result = step.runSync() as Tensor | undefined
        expect(bitsOf(w.grad!)).to.deep.equal(gradient)
        if (step === seen) expect(bitsOf(result!)).to.deep.equal(once)
      }
    })
  })
})
