import { expect } from 'chai'

import {
  capture,
  CaptureError,
  DTypeError,
  Generator,
  gradcheck,
  GradcheckError,
  type GradcheckOptions,
  type GradcheckReport,
  manualSeed,
  mul,
  nn,
  ones,
  randn,
  ShapeError,
  sum,
  tensor,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { STEP, tolerance } from '../support/gradcheck.js'
import { differentiable } from '../support/module-cases/index.js'
import { bench, wholeState } from '../train/whole-state.js'

const f64 = { dtype: 'float64' } as const
const generator = new Generator(17)
const random = (...shape: number[]): Tensor => randn(shape, { ...f64, generator })
const wrong = (value: unknown): never => value as never

/** y = factor x², right unless something is overridden. */
class Square extends nn.Module {
  factor = new nn.Parameter(tensor([1.5], f64))

  protected override computeOutput(input: Tensor): Tensor {
    return mul(mul(input, input), this.factor)
  }
  protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return mul(mul(gradOutput, this.factor), mul(input, 2))
  }
  protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
    this.factor.addGrad(sum(mul(gradOutput, mul(input, input))).reshape([1]))
  }
}

/** A mistake, and what the report has to name. */
interface Mistake {
  readonly title: string
  readonly module: nn.Module
  readonly variable: string
  readonly index?: readonly number[]
  readonly message: RegExp
}

const mistakes: readonly Mistake[] = [
  {
    title: 'a wrong gradient by one element of the input',
    module: new (class OneElement extends Square {
      protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
        const gradient = super.computeGradInput(input, gradOutput)
        gradient.data[4]! *= 1.01
        return gradient
      }
    })(),
    variable: 'input',
    index: [1, 1],
    message:
      /^gradcheck: 2 of 49 derivatives of OneElement\(\) do not agree .*output\[1, 1\] by input\[1, 1\]/,
  },
  {
    title: 'a wrong gradient by a parameter',
    module: new (class Halved extends Square {
      protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
        super.updateGradParameters(input, mul(gradOutput, 0.5))
      }
    })(),
    variable: 'factor',
    index: [0],
    message: /by factor\[0\]: backward gives/,
  },
  {
    title: 'a parameter without a gradient',
    module: new (class Forgotten extends Square {
      protected override updateGradParameters(): void {
        // nothing
      }
    })(),
    variable: 'factor',
    message: /backward gives 0, differences/,
  },
  {
    title: 'a gradient that is not multiplied by the one of the output',
    module: new (class Ignoring extends Square {
      protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
        return super.computeGradInput(input, tensor(Array.from(gradOutput.data, (g) => Math.sign(g)), f64).reshape(gradOutput.shape)) // prettier-ignore
      }
    })(),
    variable: 'input',
    message: /by input\[/,
  },
  {
    title: 'gradients of a sum that do not add up',
    module: new (class Last extends Square {
      protected override updateGradParameters(input: Tensor, gradOutput: Tensor): void {
        const last = gradOutput.data.findLastIndex((g) => g !== 0)
        const only = zeros(gradOutput.shape, f64)
        only.data[last] = gradOutput.data[last]!
        super.updateGradParameters(input, only)
      }
    })(),
    variable: 'factor',
    message: /a sum of all outputs by factor\[0\]/,
  },
  {
    title: 'NaN',
    module: new (class Broken extends Square {
      protected override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
        return mul(super.computeGradInput(input, gradOutput), NaN)
      }
    })(),
    variable: 'input',
    message: /backward gives NaN/,
  },
]

function failure(module: nn.Module, x: Tensor, options?: GradcheckOptions): GradcheckReport {
  try {
    gradcheck(module, x, options)
  } catch (error) {
    if (error instanceof GradcheckError) return error.report
    throw error
  }
  return expect.fail('found nothing')
}

describe('gradcheck', () => {
  beforeEach(() => {
    generator.manualSeed(17)
    manualSeed(6)
  })

  eachBackend(() => {
    for (const { title, make, shapes } of differentiable) {
      it(`passes: ${title}`, () => {
        for (const [shape] of shapes) {
          const x = random(...shape)
          const module = make('float64')
          const scale = Math.max(1, ...Array.from(module.forward(x).data, Math.abs))
          const tight = { eps: STEP, atol: tolerance(scale), rtol: tolerance(1) }
          for (const options of [{}, tight]) {
            const report = gradcheck(module, x, options)
            expect(report.ok).to.equal(true)
            expect(report.failed).to.equal(0)
          }
        }
      })
    }

    for (const { title, module, variable, index, message } of mistakes) {
      it(`finds ${title}`, () => {
        const x = random(2, 3)
        const report = failure(module, x)
        expect(report.ok).to.equal(false)
        expect(report.failed).to.be.above(0)
        expect(report.worst!.variable).to.equal(variable)
        expect(report.worst!.excess).to.be.above(1)
        expect(report.worst).to.equal(report.variables[variable])
        if (index !== undefined) expect(report.worst!.index).to.deep.equal(index)
        expect(String(report)).to.match(message)
        const other = variable === 'input' ? 'factor' : 'input'
        expect(report.variables[other]!.excess).to.be.at.most(1)
        const same = gradcheck(module, x, { raiseException: false })
        expect(String(same)).to.equal(String(report))
      })
    }

    it('compares every output with every element', () => {
      const report = gradcheck(new Square(), random(2, 3))
      // 6 outputs and their sum by 6 elements and a factor
      expect(report.compared).to.equal(7 * 7)
      expect(String(report)).to.match(/^gradcheck: 49 derivatives of Square\(\) agree/)
      expect(Object.keys(report.variables)).to.deep.equal(['input', 'factor'])
    })

    it('checks one weighted sum of the outputs where it is given', () => {
      const gradOutput = random(2, 3)
      expect(gradcheck(new Square(), random(2, 3), { gradOutput }).compared).to.equal(7)
      const one = zeros([2, 3], f64)
      one.data[0] = 1
      const [{ module }] = mistakes as [Mistake]
      expect(gradcheck(module, random(2, 3), { gradOutput: one }).ok).to.equal(true)
      const report = failure(module, random(2, 3), { gradOutput })
      expect(report.worst).to.include({ variable: 'input', output: null })
    })

    it('takes indices, and leaves frozen parameters out', () => {
      const embedding = new nn.Embedding(4, 2, f64)
      const x = tensor([[0, 3, 3]], { dtype: 'int32' })
      expect(Object.keys(gradcheck(embedding, x).variables)).to.deep.equal(['weight'])
      const square = new Square().requiresGrad_(false)
      expect(Object.keys(gradcheck(square, random(2)).variables)).to.deep.equal(['input'])
    })

    it('obeys its tolerances', () => {
      const [{ module }] = mistakes as [Mistake]
      const x = ones([2, 3], f64)
      // the gradient 3 is 3.03
      for (const [atol, rtol, ok] of [[0, 0.009, false], [0, 0.011, true], [0.029, 0, false], [0.031, 0, true]] as const) {
        const options = { atol, rtol, gradOutput: hot(4), raiseException: false }
        expect(gradcheck(module, x, options).ok, `${atol}, ${rtol}`).to.equal(ok)
      } // prettier-ignore
    })

    it('draws one mask of a dropout for all passes', () => {
      const model = new nn.Sequential(
        new nn.Linear(4, 6, f64),
        new nn.Dropout(0.5),
        new nn.BatchNorm1d(6, f64),
        new nn.Dropout(0.3, { generator: new Generator(2) }),
      )
      expect(gradcheck(model, random(5, 4)).ok).to.equal(true)
    })

    it('leaves nothing behind', () => {
      const all = bench()
      const { model, batch } = all
      model.to('float64')
      const x = batch[0].to('float64').narrow(0, 0, 4)
      model.forward(x)
      model.backward(x, ones([4, 2], f64))
      const kept = x.toArray()
      for (const [module, fails] of [
        [model, false],
        [new nn.Sequential(model, mistakes[0]!.module), true],
      ] as const) {
        manualSeed(4)
        const before = wholeState(all)
        manualSeed(4)
        expect(gradcheck(module, x, { raiseException: false }).ok).to.equal(!fails)
        expect(wholeState(all)).to.deep.equal(before)
        expect(x.toArray()).to.deep.equal(kept)
      }
    })
  })

  it('refuses what it cannot do', () => {
    const double = new nn.Linear(3, 2, f64)
    const x = zeros([1, 3], f64)
    expect(() => gradcheck(wrong(null), x)).to.throw(ValueError, 'a Module')
    expect(() => gradcheck(double, wrong([1]))).to.throw(ValueError, 'tensor(array)')
    expect(() => gradcheck(new nn.Linear(3, 2), x)).to.throw(
      DTypeError,
      'gradcheck: expected weight to be float64, got float32; the differences of float32 numbers are ' +
        "mostly rounding errors: use module.to('float64') and x.to('float64')",
    )
    expect(() => gradcheck(double, zeros([1, 3]))).to.throw(DTypeError, 'expected x to be float64')
    for (const name of ['eps', 'atol', 'rtol']) {
      for (const value of [-1, NaN]) {
        expect(() => gradcheck(double, x, { [name]: value })).to.throw(ValueError, name)
      }
    }
    expect(() => gradcheck(double, x, { gradOutput: wrong(1) })).to.throw(ValueError, 'gradOutput')
    expect(() => gradcheck(double, x, { gradOutput: zeros([2], f64) })).to.throw(
      ShapeError,
      "gradOutput to be of the output's shape (1, 2), got shape (2)",
    )
    expect(() => gradcheck(double, x, { gradOutput: zeros([1, 2]) })).to.throw(DTypeError)
    const inputs = { input: x }
    expect(() => capture(({ input }) => wrong(gradcheck(double, input)), { inputs })).to.throw(
      CaptureError,
      'gradcheck cannot be part of a captured step',
    )
  })
})

function hot(place: number): Tensor {
  const gradOutput = zeros([2, 3], f64)
  gradOutput.data[place] = 1
  return gradOutput
}
