import { expect } from 'chai'
import {
  Generator,
  GradlaneError,
  manualSeed,
  mul,
  nn,
  ones,
  optim,
  sanityCheck,
  type SanityCheckOptions,
  sanityCheckSync,
  tensor,
  type Tensor,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { bench, separable, wholeState } from './whole-state.js'

const wrong = (value: unknown): never => value as never
const criterion = new nn.CrossEntropyLoss()
const generator = new Generator(8)

const mlp = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Linear(4, 16, { generator }),
    new nn.ReLU(),
    new nn.Linear(16, 2, { generator }),
  )

describe('sanityCheck', () => {
  beforeEach(() => generator.manualSeed(8))

  eachBackend(() => {
    it('finds nothing wrong with a sound model', async () => {
      const batch = separable(24, generator)
      const report = await sanityCheck(mlp(), batch, { criterion })
      expect(report.ok, String(report)).to.equal(true)
      expect(report.expectedLoss).to.equal(Math.LN2)
      expect(report.overfit.to).to.be.at.most(report.overfit.from / 10)
      expect(String(report)).to.match(/^ok .*0\.6931 if it knew nothing\nok .*\nok .*\d+ steps$/)
    })

    it('overfits without what is drawn anew', () => {
      const [x, y] = separable(24, generator)
      const images = x.reshape([24, 1, 2, 2])
      const all = { scale: [1, 1], ratio: [1, 1] } as const
      for (const draws of [new nn.RandomErasing(1, all), new nn.RandomBrightness(1e3)]) {
        const model = new nn.Sequential(draws, new nn.Flatten(), ...mlp())
        const report = sanityCheckSync(model, [images, y], { criterion })
        expect(report.overfit.ok, String(report)).to.equal(true)
        expect(draws.training).to.equal(true)
      }
    })

    it('leaves nothing behind', async () => {
      const all = bench()
      const { model, batch, optimizer } = all
      manualSeed(4)
      const before = wholeState(all)
      for (const options of [{ criterion }, { criterion, optimizer, steps: 5 }]) {
        manualSeed(4)
        const report = sanityCheckSync(model, batch, options)
        expect(report.overfit.to).to.be.below(report.overfit.from)
        expect(wholeState(all)).to.deep.equal(before)
        manualSeed(4)
        expect(String(await sanityCheck(model, batch, options))).to.equal(String(report))
        expect(wholeState(all)).to.deep.equal(before)
      }
    })

    it('names parameters that gradients do not reach', () => {
      /** Hands no gradient on. */
      class Wall extends nn.Module {
        unused = new nn.Parameter(zeros([2]))
        override computeOutput(input: Tensor): Tensor {
          return input.clone()
        }
        override computeGradInput(_: Tensor, gradOutput: Tensor): Tensor {
          return mul(gradOutput, 0)
        }
      }
      const first = new nn.Linear(4, 8, { generator })
      const model = new nn.Sequential(first, new Wall(), new nn.Linear(8, 2, { generator }))
      const batch = separable(16, generator)
      first.bias!.requiresGrad = false
      const optimizer = new optim.SGD([first.weight, (model.at(2) as nn.Linear).weight], { lr: 1 })
      const report = sanityCheckSync(model, batch, { criterion, optimizer })
      expect(report.gradientFaults).to.deep.equal({
        '0.weight': 'all zero',
        '1.unused': 'no gradient',
        '2.bias': 'not in the optimizer',
      })
      expect(report.ok).to.equal(false)
      expect(String(report)).to.match(/FAIL gradients do not[^]*1\.unused: no gradient/)
    })

    it('names gradients that are not finite', () => {
      const model = mlp()
      ;(model.at(2) as nn.Linear).weight.data[3] = NaN
      const report = sanityCheckSync(model, separable(16, generator), { criterion })
      expect(report.lossOk).to.equal(false)
      expect(report.gradientFaults['2.bias']).to.equal('not finite')
      expect(report.overfit.ok).to.equal(false)
    })

    it('sees a start that is too sure of itself, and one that knows too much', () => {
      const [x, y] = separable(16, generator)
      const loud = sanityCheckSync(mlp(), [mul(x, 100), y], { criterion, steps: 1 })
      expect(loud.lossOk).to.equal(false)
      expect(String(loud)).to.match(/too large at the start/)
      const knows = new nn.Linear(4, 2)
      knows.weight.data.set([-9, 0, 0, 0, 9, 0, 0, 0])
      const trained = sanityCheckSync(knows, [x, y], { criterion, steps: 1 })
      expect(String(trained)).to.match(/knows something already/)
    })

    it('sees that a batch cannot be overfitted', () => {
      // the same features, different targets
      const batch: [Tensor, Tensor] = [ones([4, 4]), tensor([0, 1, 0, 1], { dtype: 'int32' })]
      const report = sanityCheckSync(mlp(), batch, { criterion, steps: 50 })
      expect([report.lossOk, report.overfit.ok, report.overfit.steps]).to.deep.equal([
        true,
        false,
        50,
      ])
    })

    it('expects ln 2 of one logit, ln C of log-probabilities, nothing of a regression', () => {
      const [x] = separable(8, generator)
      const expected = (last: nn.Module[], criterion: nn.Criterion, y: Tensor): number | null =>
        sanityCheckSync(new nn.Sequential(...last), [x, y], { criterion, steps: 1 }).expectedLoss
      const one = new nn.Linear(4, 1, { generator })
      const three = new nn.Linear(4, 3, { generator })
      const y = zeros([8, 1])
      const classes = zeros([8], { dtype: 'int32' })
      expect(expected([one], new nn.BCEWithLogitsLoss(), y)).to.equal(Math.LN2)
      expect(expected([one, new nn.Sigmoid()], new nn.BCELoss(), y)).to.equal(Math.LN2)
      expect(expected([three, new nn.LogSoftmax(1)], new nn.NLLLoss(), classes)).to.equal(
        Math.log(3),
      )
      expect(expected([one], new nn.MSELoss(), y)).to.equal(null)
      const sum = new nn.CrossEntropyLoss({ reduction: 'sum' })
      expect(expected([three], sum, classes)).to.equal(null)
    })
  })

  it('stops when it is aborted, and leaves nothing behind', async () => {
    const all = bench()
    manualSeed(4)
    const before = wholeState(all)
    manualSeed(4)
    const controller = new AbortController()
    const { signal } = controller
    // What cannot be learnt takes all its steps.
    const batch: [Tensor, Tensor] = [ones([4, 4]), tensor([0, 1, 0, 1], { dtype: 'int32' })]
    const running = sanityCheck(all.model, batch, { criterion, steps: 1e9, signal })
    setTimeout(() => {
      controller.abort(new Error('enough'))
    }, 20)
    const reason: unknown = await running.catch((error: unknown) => error)
    expect(reason).to.be.an('error').with.property('message', 'enough')
    expect(wholeState(all)).to.deep.equal(before)
  })

  it('tells what it was called with', async () => {
    const batch = separable(4, generator)
    const mistakes: [unknown, unknown, unknown, RegExp][] = [
      [nn.ReLU, batch, { criterion }, /the model.*Module, got the class or function ReLU/],
      [mlp(), batch[0], { criterion }, /a batch.*\[features, targets\]/],
      [mlp(), [batch[0]], { criterion }, /an array of 1/],
      [mlp(), [batch[0], [1]], { criterion }, /targets of a batch.*a Tensor, got an array/],
      [mlp(), batch, undefined, /criterion.*new nn\.CrossEntropyLoss/],
      [mlp(), batch, { criterion, optimizer: 0.1 }, /optimizer.*got number/],
      [mlp(), batch, { criterion, steps: 0 }, /steps.*at least 1, got 0/],
    ]
    for (const [model, given, options, message] of mistakes) {
      const call = (): unknown => sanityCheckSync(wrong(model), wrong(given), wrong(options))
      expect(call).to.throw(GradlaneError, message)
      const error: unknown = await sanityCheck(
        wrong(model),
        wrong(given),
        options as SanityCheckOptions,
      ).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(GradlaneError)
    }
  })
})
