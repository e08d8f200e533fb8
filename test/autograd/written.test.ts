import { expect } from 'chai'

import {
  add,
  bmm,
  capture,
  div,
  einsum,
  matmul,
  mul,
  nn,
  ones,
  optim,
  sum,
  type Tensor,
  tensor,
  tanh,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

/** A loss whose graph has saved the parameter. */
function lossOf(parameter: Tensor): Tensor {
  return sum(mul(mul(parameter, 2), parameter))
}

const parameterOf = (): nn.Parameter => new nn.Parameter(tensor([1, 2]))

/** What writes into a parameter, or into the gradient that is there. */
const writers: Record<string, (parameter: nn.Parameter) => void> = {
  'optim.SGD': (p) => {
    new optim.SGD([p], { lr: 0.1 }).step()
  },
  'optim.Adam': (p) => {
    new optim.Adam([p]).step()
  },
  'init.zeros_': (p) => nn.init.zeros_(p),
  'init.uniform_': (p) => nn.init.uniform_(p),
  'init.normal_': (p) => nn.init.normal_(p),
  'init.orthogonal_ of a view': (p) => nn.init.orthogonal_(p.detach().reshape([1, 2])),
  'init.ones_ of a part': (p) => nn.init.ones_(p.detach().narrow(0, 0, 1)),
  loadStateDict: (p) => moduleOf(p).loadStateDict({ weight: ones([2]) }),
  'to another dtype': (p) => moduleOf(p).to('float64'),
  'a captured step': (p) => {
    capture(() => {
      nn.init.ones_(p)
    }).runSync()
  },
}

function moduleOf(weight: nn.Parameter): nn.Module {
  class Holder extends nn.Identity {
    readonly weight = weight
  }
  return new Holder()
}

describe('a saved tensor that was written since', () => {
  eachBackend(() => {
    for (const [name, write] of Object.entries(writers)) {
      it(`makes backward throw, and changes nothing: ${name}`, () => {
        const parameter = parameterOf()
        const loss = lossOf(parameter)
        parameter.grad = ones([2])
        write(parameter)
        const grad = parameter.grad as Tensor | null
        const before = grad?.toArray()
        expect(() => {
          loss.backward()
        }).to.throw(ValueError, 'what mul saved to be as it was')
        expect((parameter.grad as Tensor | null)?.toArray()).to.deep.equal(before)
      })
    }

    it('a forward after the write is fine, and so is a write after the backward', () => {
      const parameter = parameterOf()
      const optimizer = new optim.SGD([parameter], { lr: 0.5 })
      for (let i = 0; i < 3; i++) {
        optimizer.zeroGrad()
        lossOf(parameter).backward()
        optimizer.step()
      }
      expect(parameter.toArray()).to.deep.equal([-1, -2])
    })

    it('what nothing has saved may be written', () => {
      const w = new nn.Parameter(ones([2, 1]))
      const loss = sum(add(w.reshape([2]), 1))
      nn.init.zeros_(w)
      loss.backward()
      expect(w.grad!.toArray()).to.deep.equal([[1], [1]])
    })

    it("a user's memory as long as that of small results counts by what is written of it", () => {
      const all = ones([1024]) // 4,096 bytes
      const w = ones([8]).requiresGrad_()
      const lossBy = (): Tensor => sum(mul(w, all.narrow(0, 504, 8))) // across two places
      const [first, second, third] = [lossBy(), lossBy(), lossBy()]
      nn.init.zeros_(all.narrow(0, 0, 496))
      first.backward()
      nn.init.zeros_(all.narrow(0, 511, 1))
      expect(() => {
        second.backward()
      }).to.throw(ValueError, 'mul saved')
      const fourth = lossBy()
      capture(() => {
        nn.init.zeros_(all)
      })
      fourth.backward() // recording writes nothing
      nn.init.zeros_(all)
      expect(() => {
        third.backward()
      }).to.throw(ValueError, 'mul saved')
    })

    it('gradients that grow are written too, and clipped ones', () => {
      const parameter = parameterOf()
      lossOf(parameter).backward()
      const w = ones([2]).requiresGrad_()
      const first = sum(mul(w, parameter.grad!))
      nn.utils.clipGradNorm_([parameter], 0.1)
      const second = sum(mul(w, parameter.grad!))
      nn.utils.clipGradValue_([parameter], 0.01)
      const third = sum(mul(w, parameter.grad!))
      lossOf(parameter).backward()
      for (const loss of [first, second, third]) {
        expect(() => {
          loss.backward()
        }).to.throw(ValueError, 'mul saved')
      }
    })

    it('the statistics of a BatchNorm are written by training, and by a reset', () => {
      const norm = new nn.BatchNorm1d(2)
      const w = ones([2]).requiresGrad_()
      const writes = [
        () =>
          norm.forward(
            tensor([
              [1, 2],
              [3, 5],
            ]),
          ),
        () => {
          norm.resetRunningStats()
        },
      ]
      for (const write of writes) {
        const loss = sum(mul(w, norm.runningMean!))
        norm.eval()
        norm.forward(ones([1, 2]))
        loss.backward(null, { retainGraph: true })
        norm.train()
        write()
        expect(() => {
          loss.backward()
        }).to.throw(ValueError, 'mul saved')
      }
    })

    it('recording a step writes nothing', () => {
      const parameter = parameterOf()
      const loss = lossOf(parameter)
      const step = capture(() => {
        nn.init.ones_(parameter)
      })
      loss.backward(null, { retainGraph: true })
      expect(parameter.grad!.toArray()).to.deep.equal([4, 8])
      step.runSync()
      expect(() => {
        loss.backward()
      }).to.throw(ValueError, 'mul saved')
    })

    it('a run on another thread has written what it changes', async () => {
      const layer = new nn.Linear(2, 2)
      const step = capture(() => {
        nn.init.zeros_(layer.weight)
      })
      const before = lossOf(layer.weight)
      const run = step.run()
      const meanwhile = lossOf(layer.weight)
      await run
      for (const loss of [before, meanwhile]) {
        expect(() => {
          loss.backward()
        }).to.throw(ValueError, 'mul saved')
      }
    })

    const { conv2d, gelu, layerNorm, leakyRelu, linear, relu, sigmoid } = nn.functional
    const image = [1, 1, 2, 2]
    /** Which operands a gradient is wanted of, and which of them may be written before. */
    const operations: [
      name: string,
      of: (...operands: Tensor[]) => Tensor,
      shapes: readonly (readonly number[])[],
      wanted: readonly boolean[],
      free: readonly boolean[],
    ][] = [
      ['mul', mul, [[2], [2]], [true, false], [true, false]],
      ['mul', mul, [[2], [2]], [false, true], [false, true]],
      ['mul', mul, [[2], [2]], [true, true], [false, false]],
      ['div', div, [[2], [2]], [true, false], [true, false]],
      ['div', div, [[2], [2]], [false, true], [false, false]],
      ['add', add, [[2], [2]], [true, true], [true, true]],
      [
        'matmul',
        matmul,
        [
          [2, 2],
          [2, 2],
        ],
        [true, false],
        [true, false],
      ],
      [
        'matmul',
        matmul,
        [
          [2, 2],
          [2, 2],
        ],
        [false, true],
        [false, true],
      ],
      [
        'matmul',
        bmm,
        [
          [1, 2, 2],
          [1, 2, 2],
        ],
        [true, true],
        [false, false],
      ],
      [
        'einsum',
        (a, b) => einsum('ij,kj->ik', a, b),
        [
          [2, 2],
          [2, 2],
        ],
        [false, true],
        [false, true],
      ],
      ['linear', linear, [[2, 2], [2, 2], [2]], [true, false, false], [true, false, true]],
      ['linear', linear, [[2, 2], [2, 2], [2]], [false, true, true], [false, true, true]],
      ['linear', linear, [[2, 2], [2, 2], [2]], [false, false, true], [true, true, true]],
      [
        'conv2d',
        (x, w, b) => conv2d(x, w, b),
        [image, image, [1]],
        [true, false, true],
        [true, false, true],
      ],
      [
        'conv2d',
        (x, w, b) => conv2d(x, w, b),
        [image, image, [1]],
        [false, true, true],
        [false, true, true],
      ],
      [
        'layerNorm',
        (x, w, b) => layerNorm(x, 2, w, b),
        [[2, 2], [2], [2]],
        [true, true, true],
        [false, false, true],
      ],
      ['relu', relu, [[2]], [true], [true]],
      ['leakyRelu', (x) => leakyRelu(x), [[2]], [true], [true]],
      ['leakyRelu', (x) => leakyRelu(x, -1), [[2]], [true], [false]],
      ['sigmoid', sigmoid, [[2]], [true], [true]],
      ['tanh', tanh, [[2]], [true], [true]],
      ['gelu', (x) => gelu(x), [[2]], [true], [false]],
    ]
    for (const [name, of, shapes, wanted, free] of operations) {
      const which = wanted.flatMap((want, i) => (want ? [i] : [])).join(' and ')
      it(`what no gradient needs may be written: ${name} by operand ${which}`, () => {
        const gradients = (write: number | null): (number[] | null)[] => {
          const operands = shapes.map((shape, i) => {
            const numbers = Float32Array.from(
              { length: shape.reduce((a, b) => a * b, 1) },
              (_, k) => k - i - 0.5,
            )
            const operand = tensor(numbers).reshape(shape)
            return wanted[i] ? operand.requiresGrad_() : operand
          })
          const loss = sum(mul(of(...operands), 3))
          if (write !== null) nn.init.constant_(operands[write]!.detach(), 7)
          loss.backward()
          return operands.map(({ grad }) => grad && Array.from(grad.data))
        }
        const expected = gradients(null)
        free.forEach((isFree, i) => {
          if (isFree) expect(gradients(i)).to.deep.equal(expected)
          else expect(() => gradients(i), `operand ${i}`).to.throw(ValueError, `what ${name} saved`)
        })
      })
    }

    it('a write into a small result is none into others that lie beside it', () => {
      const w = ones([2]).requiresGrad_()
      const [a, b, c] = [1, 2, 3].map((factor) => mul(ones([2, 2]), factor)) as [
        Tensor,
        Tensor,
        Tensor,
      ]
      expect(new Set([a, b, c].map(({ buffer }) => buffer)).size).to.be.below(3)
      const losses = (): Tensor[] => [a, b, c].map((of) => sum(mul(w, of)))
      const refused = (all: readonly Tensor[]): boolean[] =>
        all.map((loss) => {
          try {
            loss.backward()
            return false
          } catch (error) {
            expect(error).to.be.instanceOf(ValueError)
            return true
          }
        })
      const first = losses()
      nn.init.zeros_(b.narrow(0, 1, 1))
      expect(refused(first)).to.deep.equal([false, true, false])
      const second = losses()
      const step = capture(() => {
        nn.init.ones_(a)
        nn.init.ones_(b)
      })
      expect(refused(losses())).to.deep.equal([false, false, false])
      step.runSync()
      expect(refused(second)).to.deep.equal([true, true, false])
    })
  })
})
