import { expect } from 'chai'

import {
  add,
  capture,
  cat,
  mul,
  nn,
  ones,
  optim,
  split,
  type Tensor,
  zeros,
} from '../../ts/index.js'
import { assumeHeldMemoryCanGo } from '../../ts/capture/held-memory.js'
import { empty } from '../../ts/tensor/tensor.js'
import { emptyPooled } from '../../ts/tensor/pool.js'
import { eachBackend } from '../support/each-backend.js'

const none = [0, 3] as const
/** Small results of modules lie side by side in shared memory. */
const relu = (x: Tensor): Tensor => new nn.ReLU().forward(x)

describe('tensors without elements in a captured step', () => {
  eachBackend(() => {
    for (const [kind, make] of [
      ['several', (): Tensor[] => [relu(zeros(none)), relu(zeros(none))]],
      ['beside others', (): Tensor[] => [zeros([0]), ones([1]), zeros([0]), ones([1])].map(relu)],
      [
        'at the end of others',
        (): Tensor[] => {
          const [a, b] = [relu(ones([16])), relu(ones([16]))]
          return [relu(a.narrow(0, 16, 0)), add(a, b), relu(b.narrow(0, 16, 0))]
        },
      ],
      ['in parts', (): Tensor[] => split(cat([ones([2, 3]), zeros(none)]), [0, 2, 0])],
    ] as const) {
      it(kind, async () => {
        // Wherever in their shared memory the first one lies.
        for (let at = 0; at < 64; at++) {
          emptyPooled(Object.freeze([1]), 'float32')
          const step = capture(make)
          const wanted = make().map((tensor) => tensor.toArray())
          expect(step.runSync().map((tensor) => tensor.toArray())).to.deep.equal(wanted)
          if (at > 0) continue
          expect((await step.run()).map((tensor) => tensor.toArray())).to.deep.equal(wanted)
        }
      })
    }

    it('as inputs and results, in each kind of run', async () => {
      for (const copied of [false, true]) {
        assumeHeldMemoryCanGo(copied)
        const step = capture(({ x }: { x: Tensor }) => [mul(x, 2), ones([2])], {
          inputs: { x: empty(none) },
        })
        for (const results of [
          await step.run({ x: empty(none) }),
          step.runSync({ x: empty(none) }),
          await step.scan({ x: empty([4, ...none]) }),
          step.scanSync({ x: empty([4, ...none]) }),
        ]) {
          expect(results[0]!.length).to.equal(0)
          expect(results[1]!.data.every((value) => value === 1)).to.equal(true)
        }
      }
      assumeHeldMemoryCanGo(undefined)
    })

    it('as parameters and gradients', () => {
      const model = new nn.Sequential(new nn.Linear(3, 0), new nn.ReLU(), new nn.Linear(0, 2))
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
      const x = ones([2, 3])
      const train = (): Tensor => {
        optimizer.zeroGrad()
        const output = model.forward(x)
        model.backwardParameters(x, ones([2, 2]))
        optimizer.step()
        return output
      }
      const step = capture(train)
      const first = step.runSync().toArray()
      expect(step.runSync().toArray()).to.not.deep.equal(first)
    })
  })
})
