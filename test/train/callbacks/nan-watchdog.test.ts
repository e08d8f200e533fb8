import { expect } from 'chai'
import {
  callbacks,
  mul,
  nn,
  NotFiniteError,
  optim,
  randn,
  sub,
  sum,
  tensor,
  type Tensor,
  zeros,
} from '../../../ts/index.js'
import { eachBackend } from '../../support/each-backend.js'

/** 1 / x, with its gradient. */
class Reciprocal extends nn.Module {
  override computeOutput(input: Tensor): Tensor {
    const output = input.clone()
    output.data.forEach((value, i) => (output.data[i] = 1 / value))
    return output
  }
  override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    const grad = gradOutput.clone()
    grad.data.forEach((value, i) => (grad.data[i] = -value / input.data[i]! ** 2))
    return grad
  }
}

/** The square root, whose gradient at 0 is infinite. */
class Root extends nn.Module {
  override computeOutput(input: Tensor): Tensor {
    const output = input.clone()
    output.data.forEach((value, i) => (output.data[i] = Math.sqrt(Math.max(value, 0))))
    return output
  }
  override computeGradInput(_: Tensor, gradOutput: Tensor): Tensor {
    const grad = gradOutput.clone()
    grad.data.forEach((value, i) => (grad.data[i] = value / (2 * this.output!.data[i]!)))
    return grad
  }
}

class Trial {
  readonly watchdog: callbacks.NanWatchdog
  readonly optimizer: optim.SGD
  readonly criterion = new nn.MSELoss()
  #step = 0

  constructor(
    readonly model: nn.Module,
    options: callbacks.NanWatchdogOptions = {},
  ) {
    this.watchdog = new callbacks.NanWatchdog(options)
    this.optimizer = new optim.SGD(model.parameters(), { lr: 1 })
    this.watchdog.onTrainBegin(this.context())
  }

  context(): callbacks.TrainContext {
    const { model, optimizer } = this
    return { model, optimizer, epoch: 0, step: this.#step, sync: true, stop: () => undefined }
  }

  batch(x: Tensor, y: Tensor): void {
    this.optimizer.zeroGrad()
    const prediction = this.model.forward(x)
    const loss = this.criterion.forward(prediction, y).item()
    this.model.backwardParameters(x, this.criterion.backward(prediction, y))
    this.optimizer.step()
    this.#step += 1
    this.watchdog.onBatchEnd({ ...this.context(), logs: { loss }, ignored: false })
  }

  end(): void {
    this.watchdog.onTrainEnd()
  }
}

describe('NanWatchdog', () => {
  eachBackend(() => {
    it('names the module whose output is not finite, before the weights are', () => {
      const inner = new nn.Sequential({ act: new nn.ReLU(), odd: new Reciprocal() })
      const model = new nn.Sequential(new nn.Linear(2, 2), inner, new nn.Linear(2, 1))
      const [weight, bias] = model.parameters()
      weight!.data.fill(1)
      bias!.data.fill(0)
      const trial = new Trial(model)
      trial.batch(tensor([[1, 2]]), zeros([1, 1]))
      const weights = model.parameters().map((parameter) => parameter.toArray())
      weight!.data.fill(-1)
      bias!.data.fill(0)
      expect(() => {
        trial.batch(tensor([[1, 2]]), zeros([1, 1]))
      }).to.throw(NotFiniteError, /^step 1: the output of 1\.odd Reciprocal\(\) is not finite$/)
      expect(
        model
          .parameters()
          .slice(2)
          .map((p) => p.toArray()),
      ).to.deep.equal(weights.slice(2))
      trial.end()
      expect(Object.hasOwn(inner, 'forward')).to.equal(false)
      expect(model.forward(tensor([[1, 2]])).shape).to.deep.equal([1, 1])
    })

    it('names the module whose gradient is not finite', () => {
      const model = new nn.Sequential(new nn.Linear(2, 2), new Root(), new nn.Linear(2, 1))
      model.parameters()[0]!.data.set([1, 1, -1, -1])
      model.parameters()[1]!.data.fill(0)
      const trial = new Trial(model)
      const before = model.parameters().map((parameter) => parameter.toArray())
      expect(() => {
        trial.batch(tensor([[1, 2]]), tensor([[9]]))
      }).to.throw(NotFiniteError, /^step 0: the gradient by the input of 1 Root\(\) is not finite$/)
      expect(model.parameters().map((parameter) => parameter.toArray())).to.deep.equal(before)
      trial.end()
    })

    it('tells parameters and inputs from what a module did', () => {
      const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 1))
      const trial = new Trial(model)
      expect(() => {
        trial.batch(tensor([[1, NaN]]), zeros([1, 1]))
      }).to.throw(NotFiniteError, /output of 0 Linear\(2, 2\) is not finite, and so is its input/)
      model.parameters()[3]!.data[0] = Infinity
      expect(() => {
        trial.batch(tensor([[1, 1]]), zeros([1, 1]))
      }).to.throw(NotFiniteError, /bias of 1 Linear\(2, 1\) is not finite/)
      trial.end()
    })

    it('blames the criterion for a gradient that came', () => {
      const trial = new Trial(new nn.Sequential(new nn.Linear(2, 1)))
      expect(() => {
        trial.batch(tensor([[1, 1]]), tensor([[NaN]]))
      }).to.throw(
        NotFiniteError,
        /gradient of weight of 0 Linear.*and so is the gradient that came/,
      )
      trial.end()
    })

    it('does not take a large sum for an infinite number', () => {
      const model = new nn.Sequential(new nn.Identity())
      const trial = new Trial(new nn.Sequential(model, new nn.Linear(3, 1)))
      expect(() => model.forward(tensor([3e38, 3e38, 3e38]))).not.to.throw()
      expect(() => model.forward(tensor([3e38, -Infinity, 3e38]))).to.throw(NotFiniteError)
      trial.end()
    })

    it('looks at the loss alone on request', () => {
      const trial = new Trial(new nn.Linear(2, 1), { everyModule: false })
      expect(trial.watchdog.needsEager).to.equal(false)
      expect(Object.hasOwn(trial.model, 'forward')).to.equal(false)
      trial.batch(randn([3, 2]), zeros([3, 1]))
      expect(() => {
        trial.batch(tensor([[1, 1]]), tensor([[NaN]]))
      }).to.throw(NotFiniteError, /^step 1: the loss is NaN; everyModule: true finds the module$/)
    })
  })

  it('watches models that are no Sequential', () => {
    class Wrapped extends nn.Module {
      layer = new nn.Linear(1, 1)
      scale = new nn.Parameter(tensor([Infinity]))
      override computeOutput(input: Tensor): Tensor {
        return mul(this.layer.forward(input), this.scale)
      }
      override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
        return this.layer.backward(input, sub(gradOutput, sum(gradOutput)))
      }
    }
    const trial = new Trial(new Wrapped())
    expect(() => {
      trial.batch(tensor([[1]]), zeros([1, 1]))
    }).to.throw(NotFiniteError, /^step 0: scale of Wrapped\(\) is not finite$/)
    trial.end()
  })
})
