/** The gradients of an optimizer's parameters lie side by side. */
import { expect } from 'chai'

import { assumeHeldMemoryCanGo } from '../../ts/capture/held-memory.js'
import {
  capture,
  type FloatDType,
  Generator,
  mul,
  nn,
  ones,
  optim,
  randn,
  sum,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { partsOf } from '../../ts/nn/utils/gradients.js'
import { eachBackend } from '../support/each-backend.js'

const parametersOf = (sizes: readonly number[], dtype: FloatDType = 'float32'): nn.Parameter[] =>
  sizes.map((size) => new nn.Parameter(ones([size], { dtype })))

/** Gives each a gradient of its number, from 1 on. */
function number(parameters: readonly nn.Parameter[]): void {
  parameters.forEach((parameter, i) => {
    parameter.addGrad(mul(ones([parameter.length], { dtype: parameter.dtype }), i + 1))
  })
}

const gradients = (parameters: readonly nn.Parameter[]): (Tensor | null)[] =>
  parameters.map(({ grad }) => grad)

const buffersOf = (parameters: readonly nn.Parameter[]): Set<ArrayBuffer> =>
  new Set(parameters.map(({ grad }) => grad!.buffer))

describe('gradients of the parameters of an optimizer', () => {
  eachBackend(() => {
    it('lie in one ArrayBuffer for each dtype of a group, on cache lines of their own', () => {
      const float = parametersOf([3, 16, 40, 1])
      const double = parametersOf([8, 5], 'float64')
      const optimizer = new optim.Adam([float[0]!, double[0]!, ...float.slice(1), double[1]!])
      const later = parametersOf([4, 4])
      optimizer.addParamGroup({ params: later })
      for (const group of [float, double, later]) {
        number(group)
        expect(buffersOf(group).size).to.equal(1)
        const offsets = group.map(({ grad }) => grad!.byteOffset)
        expect(offsets).to.deep.equal(offsets.toSorted((a, b) => a - b))
        expect(offsets.map((offset) => offset % 64)).to.deep.equal(offsets.map(() => 0))
        group.forEach(({ grad, length, dtype }, i) => {
          expect(grad!.toArray()).to.deep.equal(Array(length).fill(i + 1))
          expect(grad!.dtype).to.equal(dtype)
        })
      }
      expect(buffersOf([...float, ...double, ...later]).size).to.equal(3)
    })

    it('take no memory before the first of them is there', () => {
      const parameters = parametersOf([1 << 20, 16])
      const before = process.memoryUsage().arrayBuffers
      const optimizer = new optim.SGD(parameters, { lr: 1 })
      optimizer.zeroGrad()
      optimizer.step()
      expect(gradients(parameters)).to.deep.equal([null, null])
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(1 << 20)
    })

    it('are the same tensors from step to step, also of layers', () => {
      const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 3))
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
      const pass = (): void => {
        optimizer.zeroGrad()
        sum(model.forward(ones([2, 4]))).backward()
      }
      pass()
      const first = gradients(model.parameters())
      expect(buffersOf(model.parameters()).size).to.equal(1)
      pass()
      gradients(model.parameters()).forEach((grad, i) => {
        expect(grad).to.equal(first[i])
      })
    })

    it('of a user stay where they are until they are forgotten', () => {
      const parameters = parametersOf([2, 2])
      const [p] = parameters as [nn.Parameter]
      number(parameters)
      const own = p.grad!
      new optim.SGD(parameters, { lr: 1 })
      expect(p.grad).to.equal(own)
      number(parameters)
      expect(own.toArray()).to.deep.equal([2, 2])
      const given = tensor([7, 7])
      p.grad = given
      number(parameters)
      expect([p.grad, given.toArray()]).to.deep.equal([given, [8, 8]])
      for (const parameter of parameters) parameter.grad = null
      number(parameters)
      expect(buffersOf(parameters).size).to.equal(1)
      expect([given.toArray(), p.grad.toArray()]).to.deep.equal([
        [8, 8],
        [1, 1],
      ])
    })

    it('stay where they are for another optimizer of the same, or of some in a row', () => {
      const parameters = parametersOf([5, 6, 7])
      new optim.SGD(parameters, { lr: 1 })
      number(parameters)
      const [buffer] = buffersOf(parameters)
      for (const some of [parameters, parameters.slice(1), parameters.slice(0, 2)]) {
        const optimizer = new optim.Adam(some)
        for (const parameter of parameters) parameter.zeroGrad()
        number(parameters)
        expect([...buffersOf(parameters)]).to.deep.equal([buffer])
        optimizer.step()
      }
      const odd = new optim.Adam([parameters[2]!, parameters[0]!])
      odd.zeroGrad()
      number(parameters)
      const [a, b, c] = parameters.map(({ grad }) => grad!.buffer)
      expect([a === c, a === b, b === buffer]).to.deep.equal([true, false, true])
    })

    it('are apart from the others, and in the new dtype, when a module changes its own', () => {
      const model = new nn.Linear(3, 2)
      const optimizer = new optim.SGD(model.parameters(), { lr: 1 })
      for (const dtype of ['float64', 'float32'] as const) {
        model.to(dtype)
        sum(model.forward(ones([1, 3], { dtype }))).backward()
        expect(model.bias!.grad!.toArray()).to.deep.equal([1, 1])
        expect(model.bias!.grad!.dtype).to.equal(dtype)
      }
      const before = model.bias!.toArray() as number[]
      optimizer.step()
      expect(model.bias!.toArray()).to.deep.equal(before.map((value) => Math.fround(value - 1)))
    })

    it('count as written one by one', () => {
      const parameters = parametersOf([2, 16, 2])
      new optim.SGD(parameters, { lr: 1 })
      number(parameters)
      const w = ones([16]).requiresGrad_()
      const lossOf = (gradient: Tensor): Tensor => sum(mul(w, gradient))
      const [first, second, third] = parameters.map(({ grad }) => grad!)
      const saved = lossOf(second!)
      parameters[0]!.addGrad(ones([2]))
      nn.utils.clipGradNorm_([parameters[0]!, parameters[2]!], 1)
      nn.init.zeros_(first!)
      saved.backward()
      for (const write of [
        () => nn.utils.clipGradNorm_(parameters, 1),
        () => nn.init.zeros_(second!.narrow(0, 15, 1)),
        () => {
          parameters[1]!.addGrad(ones([16]))
        },
      ]) {
        const loss = lossOf(second!.reshape([16]))
        write()
        expect(() => {
          loss.backward()
        }).to.throw(ValueError, 'mul saved')
      }
      const step = capture(() => {
        parameters[2]!.addGrad(third!)
      })
      const [beside, under] = [lossOf(second!), sum(mul(ones([2]).requiresGrad_(), third!))]
      step.runSync()
      beside.backward()
      expect(() => {
        under.backward()
      }).to.throw(ValueError, 'mul saved')
    })

    it('are not taken away together with one of them', () => {
      const parameters = parametersOf([2, 2])
      new optim.SGD(parameters, { lr: 1 })
      number(parameters)
      const { buffer } = parameters[0]!.grad!
      try {
        structuredClone(buffer, { transfer: [buffer] })
      } catch (error) {
        // Node 20 copies, later versions refuse
        expect((error as Error).name).to.equal('DataCloneError')
      }
      expect(parameters[1]!.grad!.toArray()).to.deep.equal([2, 2])
    })
  })
})

describe('what goes over all gradients', () => {
  const lengths = (parameters: Iterable<nn.Parameter>): number[] =>
    partsOf('test', parameters).flatMap(({ runs }) => runs.map(({ length }) => length))

  it('takes those that lie one after the other as one', () => {
    const parameters = parametersOf([16, 32, 3, 16, 16])
    expect(lengths(parameters)).to.deep.equal([])
    number(parameters)
    expect(lengths(parameters)).to.deep.equal([16, 32, 3, 16, 16])
    new optim.SGD(parameters, { lr: 1 })
    for (const parameter of parameters) parameter.zeroGrad()
    number(parameters)
    expect(lengths(parameters)).to.deep.equal([51, 32])
    expect(lengths(parameters.toReversed())).to.deep.equal([16, 16, 3, 32, 16])
    parameters[1]!.zeroGrad()
    parameters[4]!.grad = ones([16])
    expect(lengths(parameters)).to.deep.equal([16, 3, 16, 16])
  })

  eachBackend(() => {
    for (const dtype of ['float32', 'float64'] as const) {
      it(`scales them as it does apart from each other, ${dtype}`, () => {
        const sizes = [16, 1, 3, 64, 8, 200]
        const [apart, together] = [parametersOf(sizes, dtype), parametersOf(sizes, dtype)]
        new optim.SGD(together, { lr: 1 })
        for (const clip of [
          (of: nn.Parameter[]) => nn.utils.clipGradNorm_(of, 1, { normType: Infinity }),
          (of: nn.Parameter[]) => nn.utils.clipGradNorm_(of, 7, { normType: 1 }),
          (of: nn.Parameter[]) => {
            nn.utils.clipGradValue_(of, 3)
            return null
          },
        ]) {
          for (const parameters of [apart, together]) {
            for (const parameter of parameters) parameter.zeroGrad()
            parameters[3]!.requiresGrad = false
            number(parameters)
          }
          expect(clip(together)?.item()).to.equal(clip(apart)?.item())
          expect(gradients(together)[3]).to.equal(null)
          together.forEach(({ grad }, i) => {
            expect(grad?.toArray()).to.deep.equal(apart[i]!.grad?.toArray())
          })
        }
      })
    }

    it('leaves nothing between them: a norm that is NaN is gone with the next gradients', () => {
      const parameters = parametersOf([3, 3])
      const optimizer = new optim.SGD(parameters, { lr: 1 })
      parameters[0]!.addGrad(tensor([1, NaN, 1]))
      parameters[1]!.addGrad(ones([3]))
      expect(nn.utils.clipGradNorm_(parameters, 1).item()).to.be.NaN
      expect(parameters[1]!.grad!.toArray()).to.deep.equal([NaN, NaN, NaN])
      optimizer.zeroGrad()
      for (const parameter of parameters) parameter.addGrad(tensor([2, 0, 0]))
      expect(nn.utils.clipGradNorm_(parameters, 1).item()).to.equal(Math.sqrt(8))
    })

    for (const copied of [false, true]) {
      it(`gives the same bits in a captured step${copied ? ' on a copy of the memory' : ''}`, async () => {
        const make = () => {
          const generator = new Generator(3)
          const layers = [new nn.Linear(5, 16, { generator }), new nn.Linear(16, 3, { generator })]
          const model = new nn.Sequential(layers[0]!, new nn.Tanh(), layers[1]!)
          const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 })
          const fn = ({ x }: { x: Tensor }): Tensor => {
            optimizer.zeroGrad()
            sum(mul(model.forward(x), model.forward(x))).backward()
            const norm = nn.utils.clipGradNorm_(model.parameters(), 0.5)
            optimizer.step()
            return norm
          }
          return { model, fn }
        }
        const x = randn([4, 5], { generator: new Generator(1) })
        const [eager, captured] = [make(), make()]
        const step = capture(captured.fn, { inputs: { x: zeros([4, 5]) } })
        expect(gradients(captured.model.parameters())).to.deep.equal([null, null, null, null])
        assumeHeldMemoryCanGo(copied)
        try {
          for (let i = 0; i < 3; i++) {
            expect((await step.run({ x })).item()).to.equal(eager.fn({ x }).item())
          }
        } finally {
          assumeHeldMemoryCanGo(undefined)
        }
        const parameters = captured.model.parameters()
        expect(buffersOf(parameters).size).to.equal(1)
        eager.model.parameters().forEach((parameter, i) => {
          expect(parameters[i]!.toArray()).to.deep.equal(parameter.toArray())
          expect(parameters[i]!.grad!.toArray()).to.deep.equal(parameter.grad!.toArray())
        })
      })
    }
  })
})
