import { expect } from 'chai'

import {
  type BatchSource,
  callbacks,
  data,
  evaluate,
  fit,
  lrFind,
  mean,
  nn,
  optim,
  rand,
  randn,
  square,
  softmax,
  sub,
  mul,
  type Tensor,
  tensor,
} from '../../ts/index.js'
import { Generator } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const ROWS = 23
const generator = new Generator(4)
const float64 = { generator, dtype: 'float64' } as const
const x = randn([ROWS, 3], float64)
const labels = tensor(
  Array.from({ length: ROWS }, (_, i) => (i < 4 ? -100 : i % 3)),
  { dtype: 'int32' },
)
const numbers = randn([ROWS, 3], float64)
const shares = softmax(randn([ROWS, 3], float64), 1)
const weight = tensor([0.5, 2, 7], { dtype: 'float64' })
const flags = tensor(
  Array.from({ length: 3 * ROWS }, (_, i) => i % 2),
  { dtype: 'float64' },
).reshape([ROWS, 3])

class Squares extends nn.Criterion {
  protected override computeOutput(prediction: Tensor, target: Tensor): Tensor {
    return mean(square(sub(prediction, target)))
  }
  protected override computeGradInput(prediction: Tensor, target: Tensor): Tensor {
    return mul(sub(prediction, target), 2 / prediction.length)
  }
}

type Case = readonly [string, () => nn.Criterion, Tensor, after?: () => nn.Module]
const cases: Case[] = (['mean', 'sum'] as const).flatMap((reduction): Case[] => [
  [`CrossEntropyLoss, ${reduction}`, () => new nn.CrossEntropyLoss({ reduction }), labels],
  [
    `weighted CrossEntropyLoss, ${reduction}`,
    () => new nn.CrossEntropyLoss({ reduction, weight }),
    labels,
  ],
  [
    `CrossEntropyLoss of probabilities, ${reduction}`,
    () => new nn.CrossEntropyLoss({ reduction, weight }),
    shares,
  ],
  [
    `NLLLoss, ${reduction}`,
    () => new nn.NLLLoss({ reduction, weight }),
    labels,
    () => new nn.LogSoftmax(1),
  ],
  [`MSELoss, ${reduction}`, () => new nn.MSELoss({ reduction }), numbers],
  [`L1Loss, ${reduction}`, () => new nn.L1Loss({ reduction }), numbers],
  [
    `BCEWithLogitsLoss, ${reduction}`,
    () => new nn.BCEWithLogitsLoss({ reduction, posWeight: weight }),
    flags,
  ],
  [`KLDivLoss, ${reduction}`, () => new nn.KLDivLoss({ reduction }), shares],
  [
    `ProbabilityCrossEntropyLoss, ${reduction}`,
    () => new nn.ProbabilityCrossEntropyLoss({ reduction }),
    shares,
    () => new nn.Softmax(1),
  ],
])
cases.push(['KLDivLoss, batchmean', () => new nn.KLDivLoss({ reduction: 'batchmean' }), shares])
cases.push(["a criterion of one's own", () => new Squares(), numbers])

function modelOf(after?: () => nn.Module): nn.Module {
  const model = new nn.Sequential(
    new nn.Linear(3, 3, { generator: new Generator(5), dtype: 'float64' }),
    ...(after === undefined ? [] : [after()]),
  )
  return model
}

describe('the loss of an epoch', () => {
  eachBackend(() => {
    for (const [what, make, y, after] of cases) {
      it(`is that of ${what} over the samples, wherever batches are cut`, async () => {
        const model = modelOf(after)
        const whole = make().forward(model.forward(x), y).item()
        const close = (loss: number | undefined, how: string): void => {
          expect(loss, how).to.be.closeTo(whole, 1e-12 * Math.abs(whole) + 1e-14)
        }
        for (const batchSize of [2, 7]) {
          const sources: BatchSource[] = [[x, y], [...new data.DataLoader([x, y], { batchSize })]]
          for (const source of sources) {
            for (const capture of [true, false]) {
              const how = `${batchSize} ${source === sources[0] ? 'tensors' : 'batches'} ${capture}`
              const sizes = source === sources[0] ? { batchSize } : {}
              const options = { criterion: make(), capture, ...sizes }
              close((await evaluate(model, source, options)).loss, how)
              for (const accumulate of [1, 3]) {
                const optimizer = new optim.SGD(model.parameters(), { lr: 0 })
                const { last } = await fit(model, source, { ...options, optimizer, accumulate })
                close(last['loss'], `${how} ${accumulate}`)
              }
            }
          }
        }
      })
    }

    it('leaves out a batch whose targets are all ignored; its own is NaN, and nobody minds', async () => {
      const model = modelOf()
      const seen: [number, boolean][] = []
      const looker: callbacks.Callback = {
        onBatchEnd: ({ logs, ignored }) => void seen.push([logs['loss']!, ignored]),
      }
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
      const criterion = new nn.CrossEntropyLoss()
      const options = { criterion, optimizer, batchSize: 4, shuffle: false }
      const history = await fit(model, [x, labels], {
        ...options,
        callbacks: [
          looker,
          new callbacks.NanWatchdog(),
          new callbacks.NanWatchdog({ everyModule: false }),
        ],
      })
      expect(history.last['loss']).to.be.greaterThan(0)
      expect(seen.map(([loss, ignored]) => [Number.isNaN(loss), ignored])).to.deep.equal(
        seen.map((_, i) => [i === 0, i === 0]),
      )
      const ignored = tensor(Array<number>(8).fill(-100), { dtype: 'int32' })
      const all = await evaluate(model, [rand([8, 3], float64), ignored], { criterion })
      expect(all.loss).to.deep.equal(NaN)
      const loader = new data.DataLoader([x, labels], { batchSize: 4 })
      const { losses } = await lrFind(model, loader, { criterion, optimizer, steps: 20 })
      expect(losses.every(Number.isFinite)).to.equal(true)
      expect(losses).to.have.length(20)
    })
  })
})
