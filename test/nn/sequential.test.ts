import { expect } from 'chai'

import {
  add,
  Generator,
  manualSeed,
  mul,
  nn,
  noGrad,
  ones,
  randn,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { gradcheck } from '../support/gradcheck.js'

const generator = new Generator(11)
const random = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', generator })
const linear = (into: number, out: number): nn.Linear =>
  new nn.Linear(into, out, { dtype: 'float64', generator })

/** x + inner(x), as users write it. */
class Residual extends nn.Module {
  readonly kept: Tensor[] = []

  constructor(readonly inner: nn.Module) {
    super()
  }

  override computeOutput(input: Tensor): Tensor {
    const output = this.inner.forward(input)
    this.kept.push(output)
    return add(output, input)
  }

  override computeGradInput(input: Tensor, gradOutput: Tensor): Tensor {
    return add(this.inner.backward(input, gradOutput), gradOutput)
  }
}

class Failing extends nn.Module {
  fails = false

  override computeOutput(input: Tensor): Tensor {
    if (this.fails) throw new Error('on purpose')
    return input
  }

  override computeGradInput(_input: Tensor, gradOutput: Tensor): Tensor {
    if (this.fails) throw new Error('on purpose')
    return gradOutput
  }
}

describe('nn: Sequential', () => {
  describe('as a list', () => {
    const first = new nn.Linear(4, 3)
    const second = new nn.ReLU()

    it('is indexed, iterated and measured', () => {
      const model = new nn.Sequential(first, second)
      expect(model.length).to.equal(2)
      expect([...model]).to.deep.equal([first, second])
      expect(model[0]).to.equal(first)
      expect(model.at(-1)).to.equal(second)
      expect(model.get('1')).to.equal(second)
      expect(model.at(2)).to.equal(undefined)
    })

    it('takes names from an object or entries', () => {
      const fromObject = new nn.Sequential({ hidden: first, act: second })
      const fromEntries = new nn.Sequential([
        ['hidden', first],
        ['act', second],
      ])
      for (const model of [fromObject, fromEntries]) {
        expect(Object.keys(model.stateDict())).to.deep.equal(['hidden.weight', 'hidden.bias'])
        expect(model.get('act')).to.equal(second)
        expect(model[1]).to.equal(second)
      }
    })

    it('grows by append', () => {
      const model = new nn.Sequential().append(first).append(second)
      expect(Object.keys(model.stateDict())).to.deep.equal(['0.weight', '0.bias'])
      const input = zeros([2, 4])
      model.forward(input)
      model.append(new nn.Linear(3, 2))
      expect(() => model.backward(input, zeros([2, 2]))).to.throw(ValueError, 'forward')
    })

    it('passes the input through when it is empty', () => {
      const model = new nn.Sequential()
      const input = ones([2])
      expect(model.forward(input)).to.equal(input)
      expect(model.backward(input, input)).to.equal(input)
      model.backwardParameters(input, input)
    })

    it('refuses what is no module, and bad names', () => {
      const wrong = nn.ReLU as unknown as nn.Module
      expect(() => new nn.Sequential(first, wrong)).to.throw(ValueError, 'class or function ReLU')
      expect(() => new nn.Sequential({ 'a.b': first })).to.throw(ValueError, "'a.b'")
      expect(() => new nn.Sequential({ '': first })).to.throw(ValueError, "''")
      expect(
        () =>
          new nn.Sequential([
            ['a', first],
            ['a', second],
          ]),
      ).to.throw(ValueError, "'a'")
    })
  })

  describe('intermediate results', () => {
    it('reuses their memory, and gives what is the caller’s own', () => {
      const model = new nn.Sequential(linear(4, 5), new nn.Tanh(), linear(5, 3))
      const [a, b] = [random(2, 4), random(2, 4)]
      const firstOutput = model.forward(a)
      const firstValues = firstOutput.toArray()
      const hidden = model[0]!.output
      const firstGrad = model.backward(a, ones([2, 3], { dtype: 'float64' }))
      const firstGradValues = firstGrad.toArray()
      const secondOutput = model.forward(b)
      expect(model[0]!.output).to.equal(hidden)
      const secondValues = secondOutput.toArray()
      expect(secondValues).not.to.deep.equal(firstValues)
      const secondGrad = model.backward(b, ones([2, 3], { dtype: 'float64' }))
      expect(secondGrad.toArray()).not.to.deep.equal(firstGradValues)
      expect(firstOutput.toArray()).to.deep.equal(firstValues)
      expect(secondOutput.toArray()).to.deep.equal(secondValues)
      expect(firstGrad.toArray()).to.deep.equal(firstGradValues)
    })

    it('gives a copy where the last module would give a view of one', () => {
      const model = new nn.Sequential(new nn.Flatten(), linear(6, 4), new nn.Flatten())
      const a = random(2, 2, 3)
      const output = model.forward(a)
      const values = output.toArray()
      model.forward(random(2, 2, 3))
      expect(output.toArray()).to.deep.equal(values)

      model.forward(a)
      const grad = model.backward(a, ones([2, 4], { dtype: 'float64' }))
      expect(grad.shape).to.deep.equal([2, 2, 3])
      const gradValues = grad.toArray()
      model.backward(a, zeros([2, 4], { dtype: 'float64' }))
      expect(grad.toArray()).to.deep.equal(gradValues)
    })

    it('fits batches that shrink and grow', () => {
      const model = new nn.Sequential(linear(4, 5), new nn.Sigmoid(), linear(5, 3))
      const fresh = new nn.Sequential(linear(4, 5), new nn.Sigmoid(), linear(5, 3))
      for (const batch of [3, 1, 8, 2, 0, 8]) {
        const input = random(batch, 4)
        const output = model.forward(input)
        const twin = new nn.Sequential(...fresh)
        twin.loadStateDict(model.stateDict())
        expect(output.toArray()).to.deep.equal(twin.forward(input).toArray())
        gradcheck(model, input, random(batch, 3))
      }
    })

    it('refuses one of its own as input', () => {
      const model = new nn.Sequential(linear(4, 4), new nn.Tanh(), linear(4, 4))
      noGrad(() => {
        model.forward(random(2, 4))
        expect(() => model.forward(model[1]!.output!)).to.throw(ValueError, 'clone()')
      })
    })

    it('are fresh for modules of a user’s own, who may keep them', () => {
      const residual = new Residual(new nn.Sequential(linear(4, 4), new nn.Tanh()))
      const model = new nn.Sequential(linear(3, 4), residual, linear(4, 2))
      const batches = [random(2, 3), random(2, 3), random(2, 3)]
      const expected = batches.map((batch) => {
        model.forward(batch)
        return residual.kept.at(-1)!.toArray()
      })
      expect(residual.kept.map((kept) => kept.toArray())).to.deep.equal(expected)
      gradcheck(model, batches[0]!, random(2, 2))
    })

    it('stay whole when a module fails', () => {
      const failing = new Failing()
      const model = new nn.Sequential(linear(4, 4), failing, linear(4, 2))
      const input = random(3, 4)
      failing.fails = true
      expect(() => model.forward(input)).to.throw('on purpose')
      // outside of the container again: fresh tensors
      const single = linear(4, 4)
      const before = single.forward(input)
      const values = before.toArray()
      expect(single.forward(random(3, 4)).toArray()).not.to.deep.equal(values)
      expect(before.toArray()).to.deep.equal(values)

      failing.fails = false
      model.forward(input)
      failing.fails = true
      expect(() => model.forward(random(3, 4))).to.throw('on purpose')
      failing.fails = false
      model.backward(input, random(3, 2)) // of the forward before
      model.forward(input)
      failing.fails = true
      expect(() => model.backward(input, random(3, 2))).to.throw('on purpose')
      failing.fails = false
      gradcheck(model, input, random(3, 2))
    })
  })

  describe('nested', () => {
    const build = (): nn.Sequential =>
      new nn.Sequential(
        new nn.Sequential(linear(3, 4), new nn.Tanh()),
        new nn.Sequential(new nn.Sequential(linear(4, 5), new nn.Swish())),
        new nn.Sequential(linear(5, 4), new nn.Softmax(), linear(4, 2)),
      )

    it('has right gradients wherever it stands', () => {
      gradcheck(build(), random(4, 3), random(4, 2))
    })

    it('gives what a flat one gives', () => {
      const nested = build()
      const flat = new nn.Sequential(
        ...nested.modules().filter((module) => !(module instanceof nn.Sequential)),
      )
      const [input, gradOutput] = [random(4, 3), random(4, 2)]
      const output = nested.forward(input)
      const gradInput = nested.backward(input, gradOutput)
      expect(flat.forward(input).toArray()).to.deep.equal(output.toArray())
      expect(flat.backward(input, gradOutput).toArray()).to.deep.equal(gradInput.toArray())
    })

    it('gives the same gradients after one of its modules ran elsewhere', () => {
      const model = build()
      const [input, gradOutput] = [random(4, 3), random(4, 2)]
      model.forward(input)
      const expected = model.backward(input, gradOutput)
      model.forward(input)
      model[1]!.forward(random(4, 4))
      expect(model.backward(input, gradOutput).toArray()).to.deep.equal(expected.toArray())
    })

    it('refuses a backward pass after one of its modules got another', () => {
      const inner = new nn.Sequential(linear(3, 3))
      const model = new nn.Sequential(inner, linear(3, 3))
      const input = random(4, 3)
      model.forward(input)
      inner.append(new nn.Tanh())
      expect(() => model.backward(input, random(4, 3))).to.throw(ValueError, 'after append')
    })

    it('refuses a backward pass after an evaluation in between', () => {
      const model = build()
      const [input, other] = [random(4, 3), random(4, 3)]
      model.forward(input)
      model.eval().forward(other)
      expect(() => model.backward(input, random(4, 2))).to.throw(ValueError, 'evaluation')
    })

    it('names the path of the module that complains', () => {
      const model = new nn.Sequential(new nn.Sequential(new nn.ReLU(), new nn.Linear(784, 128)))
      expect(() => model.forward(zeros([64, 28, 28])))
        .to.throw(
          ShapeError,
          'Sequential.0.1 Linear(784, 128): expected input to be shape (…, 784), got shape ' +
            '(64, 28, 28); put nn.Flatten() before it',
        )
        .with.property('code', 'ERR_SHAPE')
    })
  })

  describe('one module at several places', () => {
    it('is run right', () => {
      const act = new nn.Tanh()
      const shared = linear(4, 4)
      gradcheck(
        new nn.Sequential(shared, act, shared, act, linear(4, 2)),
        random(3, 4),
        random(3, 2),
      )
    })

    it('is run right with modules inside', () => {
      const inner = new nn.Sequential(linear(4, 4), new nn.Tanh())
      gradcheck(
        new nn.Sequential(inner, inner, new nn.Sequential(inner)),
        random(3, 4),
        random(3, 4),
      )
    })
  })

  describe('backwardParameters', () => {
    it('gives the gradients of backward', () => {
      const model = new nn.Sequential(new nn.Flatten(), linear(4, 5), new nn.Tanh(), linear(5, 2))
      const [input, gradOutput] = [random(3, 2, 2), random(3, 2)]
      model.forward(input)
      model.backward(input, gradOutput)
      const expected = model.parameters().map((parameter) => parameter.grad!.toArray())
      model.zeroGrad()
      model.backwardParameters(input, gradOutput)
      expect(model.parameters().map((parameter) => parameter.grad!.toArray())).to.deep.equal(
        expected,
      )
    })

    it('reaches the parameters below modules of a user’s own', () => {
      const residual = new Residual(linear(4, 4))
      const model = new nn.Sequential(residual, linear(4, 2))
      const [input, gradOutput] = [random(3, 4), random(3, 2)]
      model.forward(input)
      model.backwardParameters(input, gradOutput)
      for (const parameter of model.parameters()) expect(parameter.grad).not.to.equal(null)
    })

    it('goes no further down than the last trained parameter', () => {
      const model = new nn.Sequential(linear(4, 4), new Failing(), linear(4, 2))
      const input = random(3, 4)
      model.forward(input)
      model[0]!.requiresGrad_(false)
      ;(model[1] as Failing).fails = true
      model.backwardParameters(input, random(3, 2))
      expect(model.at(-1)!.parameters()[0]!.grad).not.to.equal(null)
      expect(model[0]!.parameters()[0]!.grad).to.equal(null)
    })
  })

  it('learns: a linear map is recovered by gradient descent', () => {
    manualSeed(3)
    const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Linear(8, 1))
    const criterion = new nn.MSELoss()
    const input = randn([32, 3])
    const target = mul(input, 0.5)
    const wanted = zeros([32, 1])
    for (let i = 0; i < 32; i++) wanted.data[i] = target.data[3 * i]! - 2 * target.data[3 * i + 1]!
    let loss = Infinity
    for (let step = 0; step < 300; step++) {
      model.zeroGrad()
      const prediction = model.forward(input)
      loss = criterion.forward(prediction, wanted).item()
      model.backwardParameters(input, criterion.backward(prediction, wanted))
      for (const { data, grad } of model.parameters()) {
        for (let i = 0; i < data.length; i++) data[i]! -= 0.1 * grad!.data[i]!
      }
    }
    expect(loss).to.be.below(1e-8)
  })
})
