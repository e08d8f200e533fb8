import { expect } from 'chai'

import { capture, nn, optim, randn, tensor, ValueError } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

describe('nn.utils.clipGradValue_', () => {
  eachBackend(() => {
    for (const dtype of ['float32', 'float64'] as const) {
      it(`limits each element, in place: ${dtype}`, () => {
        const values = [-Infinity, -2, -0.7, -0.1, -0, 0, 0.1, 0.7, 2, Infinity, NaN]
        for (const clipValue of [0, 0.1, 0.7, 3, Infinity]) {
          const parameter = new nn.Parameter(tensor(values, { dtype }))
          const without = new nn.Parameter(tensor([1], { dtype }))
          const grad = tensor(values, { dtype })
          parameter.grad = grad
          nn.utils.clipGradValue_([parameter, without], clipValue)
          // As PyTorch: in the dtype of the gradients.
          const rounded = dtype === 'float32' ? Math.fround : Number
          const bound = rounded(clipValue)
          const wanted = values.map((value) => Math.max(-bound, Math.min(bound, rounded(value))))
          expect(grad.data.join()).to.equal(wanted.join(), `${clipValue}`)
          expect(without.grad).to.equal(null)
          expect(parameter.data.join()).to.equal(tensor(values, { dtype }).data.join())
        }
      })
    }

    it('takes one parameter, and dtypes side by side', () => {
      const one = new nn.Parameter(tensor([1]))
      one.grad = tensor([5])
      const two = new nn.Parameter(tensor([1], { dtype: 'float64' }))
      two.grad = tensor([-5], { dtype: 'float64' })
      nn.utils.clipGradValue_(one, 4)
      expect(one.grad.item()).to.equal(4)
      nn.utils.clipGradValue_(new Set([one, two]), 3)
      expect([one.grad.item(), two.grad.item()]).to.deep.equal([3, -3])
      nn.utils.clipGradValue_([], 3)
    })

    it('belongs to a captured step', async () => {
      const x = randn([8, 3])
      const make = (): { model: nn.Linear; step: () => void } => {
        const model = new nn.Linear(3, 2)
        model.weight.data.set([1, 2, 3, 4, 5, 6])
        const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
        const step = (): void => {
          optimizer.zeroGrad()
          model.backwardParameters(x, model.forward(x))
          nn.utils.clipGradValue_(model.parameters(), 0.5)
          optimizer.step()
        }
        return { model, step }
      }
      const [eager, captured] = [make(), make()]
      captured.model.loadStateDict(eager.model.stateDict())
      for (let i = 0; i < 5; i++) eager.step()
      await capture(captured.step).run({}, { times: 5 })
      expect(captured.model.weight.toArray()).to.deep.equal(eager.model.weight.toArray())
    })

    it('refuses what is no bound and no parameter', () => {
      const parameter = new nn.Parameter(tensor([1]))
      parameter.grad = tensor([5])
      for (const wrong of [-1, NaN, '1', undefined, null, 1n]) {
        expect(() => {
          nn.utils.clipGradValue_([parameter], wrong as number)
        }).to.throw(ValueError, 'clipGradValue_: expected clipValue')
      }
      for (const wrong of [tensor([1]), [parameter, 1], null, { grad: 1 }]) {
        expect(() => {
          nn.utils.clipGradValue_(wrong as never, 1)
        }).to.throw(ValueError, 'clipGradValue_')
      }
      expect(parameter.grad.item()).to.equal(5)
    })
  })
})
