/**
 * What a newcomer gets wrong, in plain JavaScript or against the types: each mistake is told in words
 * of gradlane, not by the engine, and changes nothing.
 */
import { expect } from 'chai'

import * as gradlane from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const { data, GradlaneError, nn, ones, optim, rand, randn, tensor, zeros } = gradlane

/** Arguments that the types refuse. */
const wrong = (value: unknown): never => value as never

const model = (): gradlane.nn.Sequential =>
  new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1))

function detach({ buffer }: gradlane.Tensor): void {
  structuredClone(buffer, { transfer: [buffer] })
}

interface Mistake {
  readonly name: string
  readonly make: () => unknown
  readonly message: RegExp
}

const mistakes: readonly Mistake[] = [
  {
    name: 'sizes one by one',
    make: () => randn(wrong(2)),
    message: /array of sizes.*zeros\(\[2, 3\]\)/,
  },
  { name: 'no sizes', make: () => zeros(wrong(undefined)), message: /array of sizes/ },
  {
    name: 'reshape one by one',
    make: () => ones([6]).reshape(wrong(2)),
    message: /array of sizes/,
  },
  { name: 'a product that is no number', make: () => zeros([1e200, 1e200, 0]), message: /2\^31/ },
  {
    name: 'dtype toString',
    make: () => zeros([1], { dtype: wrong('toString') }),
    message: /dtype/,
  },
  {
    name: 'a class for a module',
    make: () => new nn.Sequential(wrong(nn.ReLU)),
    message: /class or function ReLU/,
  },
  {
    name: 'a list of modules',
    make: () => new nn.Sequential(wrong([new nn.ReLU()])),
    message: /\(\.\.\.modules\)/,
  },
  { name: 'null for a module', make: () => new nn.Sequential(wrong(null)), message: /Module/ },
  {
    name: 'an array as parameter',
    make: () => new nn.Parameter(wrong([1])),
    message: /a Tensor, got an array/,
  },
  {
    name: 'an array as class weights',
    make: () => new nn.CrossEntropyLoss({ weight: wrong([1]) }),
    message: /a Tensor, got an array/,
  },
  {
    name: 'null as target',
    make: () => new nn.MSELoss().forward(ones([1]), wrong(null)),
    message: /got null/,
  },
  {
    name: 'tensors for parameters',
    make: () => nn.utils.clipGradNorm_(wrong([ones([1])]), 1),
    message: /a Parameter.*model\.parameters\(\)/,
  },
  {
    name: 'no dataset',
    make: () => new data.DataLoader(wrong(undefined)),
    message: /list of tensors/,
  },
  {
    name: 'an object that is no dataset',
    make: () => new data.DataLoader(wrong({ length: NaN, get: () => [] })),
    message: /list of tensors/,
  },
  {
    name: 'no state dict',
    make: () => model().loadStateDict(wrong(null)),
    message: /tensors by name/,
  },
  { name: 'a NaN bound', make: () => nn.init.uniform_(zeros([1]), NaN, 1), message: /finite/ },
  {
    name: 'bounds the wrong way round',
    make: () => nn.init.uniform_(zeros([1]), 1, 0),
    message: /low at most high/,
  },
  {
    name: 'a negative deviation',
    make: () => nn.init.normal_(zeros([1]), 0, -1),
    message: /std at least 0/,
  },
  {
    name: 'a label that is too large',
    make: () =>
      new nn.CrossEntropyLoss().forward(zeros([2, 3]), tensor([0, 3], { dtype: 'int32' })),
    message: /target\[1\] = 3 is outside 0\.\.2.*count from 0/,
  },
]

describe('misuse', () => {
  eachBackend(() => {
    for (const { name, make, message } of mistakes) {
      it(`${name}: ${message.source}`, () => {
        expect(make).to.throw(GradlaneError, message)
      })
    }

    it('parameters of another shape or dtype in a Linear', () => {
      const layer = new nn.Linear(3, 5)
      const x = zeros([1, 3])
      layer.forward(x)
      layer.weight = new nn.Linear(5, 3).weight
      expect(() => layer.forward(x)).to.throw(gradlane.ShapeError, /weight.*\(5, 3\).*\(3, 5\)/)
      layer.weight = new nn.Linear(3, 5).weight
      layer.bias = new nn.Parameter(ones([5], { dtype: 'float64' }))
      expect(() => layer.forward(x)).to.throw(gradlane.DTypeError, /bias.*float32.*float64/)
      layer.bias = new nn.Parameter(ones([20]))
      expect(() => layer.forward(x)).to.throw(gradlane.ShapeError, /bias.*\(5\).*\(20\)/)
      layer.bias = null
      expect(layer.forward(x).toArray()).to.deep.equal([[0, 0, 0, 0, 0]])
    })

    it('samples that are no list of tensors', () => {
      for (const sample of [undefined, 3, ones([1]), [1, 2]]) {
        const dataset = { length: 2, get: () => wrong(sample) }
        expect(() => [...new data.DataLoader(dataset, { batchSize: 2 })]).to.throw(
          GradlaneError,
          /sample 0.*array of tensors/,
        )
      }
    })

    it('layers of a user that return no tensor', () => {
      class Forgetful extends nn.Module {
        override computeOutput(input: gradlane.Tensor): gradlane.Tensor {
          return input.shape[0] === 1 ? wrong(undefined) : input
        }
        override computeGradInput(): gradlane.Tensor {
          return wrong([1])
        }
      }
      const container = new nn.Sequential(new nn.ReLU(), new Forgetful())
      expect(() => container.forward(ones([1, 2]))).to.throw(
        GradlaneError,
        /Sequential\.1 Forgetful.*computeOutput.*a Tensor, got undefined/,
      )
      const x = ones([2, 2])
      container.forward(x)
      expect(() => container.backward(x, x)).to.throw(GradlaneError, /computeGradInput/)
    })

    it('the default betas belong to nobody', () => {
      const optimizer = new optim.Adam(model().parameters())
      const { betas } = optimizer.paramGroups[0]!
      expect(() => {
        ;(betas as [number, number])[0] = NaN
      }).to.throw(TypeError)
      expect(new optim.Adam(model().parameters()).paramGroups[0]!.betas).to.deep.equal([0.9, 0.999])
    })

    it('a state dict with a detached tensor changes no parameter', () => {
      const to = model()
      const before = to.parameters().map((parameter) => parameter.toArray())
      const state = model().stateDict()
      detach(state['2.bias']!)
      expect(() => to.loadStateDict(state)).to.throw(GradlaneError, /detached/)
      expect(to.parameters().map((parameter) => parameter.toArray())).to.deep.equal(before)
    })

    it('a detached parameter of the last group leaves the first group alone', () => {
      const [first, last] = [new nn.Parameter(ones([3])), new nn.Parameter(ones([3]))]
      const optimizer = new optim.Adam([{ params: [first] }, { params: [last] }])
      first.grad = ones([3])
      last.grad = rand([3])
      detach(last)
      expect(() => {
        optimizer.step()
      }).to.throw(GradlaneError, /detached/)
      expect(first.toArray()).to.deep.equal([1, 1, 1])
      expect(optimizer.stateDict().state).to.deep.equal({})
    })

    it('an optimizer state with a detached tensor changes nothing', () => {
      const [first, last] = [new nn.Parameter(ones([3])), new nn.Parameter(ones([3]))]
      const optimizer = new optim.Adam([first, last])
      first.grad = last.grad = ones([3])
      optimizer.step()
      const saved = optimizer.stateDict()
      optimizer.step()
      const before = optimizer.stateDict()
      detach(saved.state['1']!['exp_avg'] as gradlane.Tensor)
      expect(() => {
        optimizer.loadStateDict(saved)
      }).to.throw(GradlaneError, /detached/)
      expect(optimizer.stateDict().state['0']!['step']).to.deep.equal(before.state['0']!['step'])
    })
  })
})
