import { expect } from 'chai'

import {
  data,
  type EpochRecord,
  fit,
  type History,
  metrics,
  nn,
  optim,
  type Tensor,
  tensor,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

/** A metric that comes to whatever it is told. */
class Fixed extends metrics.Metric<unknown> {
  constructor(
    name: string,
    readonly result: unknown,
  ) {
    super(name)
  }
  protected override accumulate(): void {
    // It does not look.
  }
  override compute(): unknown {
    return this.result
  }
  override reset(): void {
    // There is nothing to forget.
  }
  override stateDict(): metrics.MetricState {
    return {}
  }
  override loadStateDict(): void {
    // There is nothing to keep.
  }
}

/** One epoch without a step forward: a linear layer whose weights choose the class, and whose rate is 0. */
async function trained(chosen: readonly metrics.Metric<unknown>[], held = false): Promise<History> {
  const model = new nn.Linear(2, 2, { bias: false })
  model.weight.data.set([1, 0, 0, 1])
  const x = tensor([
    [1, 0],
    [0, 1],
    [0, 1],
    [1, 0],
  ])
  const y = tensor([0, 1, 0, 0], { dtype: 'int32' })
  const of = (rows: number): data.DataLoader<readonly [Tensor, Tensor]> =>
    new data.DataLoader([x.narrow(0, 0, rows), y.narrow(0, 0, rows)], { batchSize: 3 })
  return fit(model, of(4), {
    criterion: new nn.CrossEntropyLoss(),
    optimizer: new optim.SGD([{ params: model.parameters(), lr: 0 }]),
    metrics: chosen,
    ...(held ? { validation: of(2) } : {}),
  })
}

describe('History', () => {
  eachBackend(() => {
    it('keeps metrics that are no number, of training and validation', async () => {
      const chosen = [
        new metrics.Accuracy(),
        new metrics.ConfusionMatrix(),
        new metrics.Precision({ average: null }),
      ]
      const history = await trained(chosen, true)
      const [{ logs, results }] = history.epochs as [EpochRecord]
      expect(Object.keys(logs)).to.have.members(['loss', 'accuracy', 'valLoss', 'valAccuracy'])
      expect(results).to.deep.equal({
        confusionMatrix: [
          [2, 1],
          [0, 1],
        ],
        precision: [1, 0.5],
        valConfusionMatrix: [
          [1, 0],
          [0, 1],
        ],
        valPrecision: [1, 1],
      })
      const json = JSON.parse(JSON.stringify(history)) as { epochs: { results: unknown }[] }
      expect(json.epochs[0]!.results).to.deep.equal(results)
    })

    it('notes how each metric is to be read, by whatever name', async () => {
      const top = new metrics.TopKAccuracy({ k: 1, name: 'first' })
      const history = await trained([top, new metrics.ConfusionMatrix(), new Fixed('odd', 1)])
      expect(history.facts!.metrics).to.deep.equal([
        { name: 'first', higherIsBetter: true, isShare: true },
        { name: 'confusionMatrix', higherIsBetter: null, isShare: false },
        { name: 'odd', higherIsBetter: null, isShare: false },
      ])
      expect(await history.toHTML()).to.include('Training first is 75.00 %')
    })

    it('keeps results in arrays and objects, and leaves out what JSON has nothing for', async () => {
      const results: readonly (readonly [unknown, unknown])[] = [
        [tensor([[1, 2]]), [[1, 2]]],
        [Int32Array.of(3, 4), [3, 4]],
        [
          { low: [NaN, 1], name: 'a', no: undefined },
          { low: [NaN, 1], name: 'a' },
        ],
        [
          [true, null, undefined],
          [true, null, null],
        ],
        [() => 1, undefined],
        [undefined, undefined],
        [5, undefined],
      ]
      const history = await trained(results.map(([result], i) => new Fixed(`r${i}`, result)))
      const [{ results: kept, logs }] = history.epochs as [EpochRecord]
      const expected = results.map(([, value], i) => [`r${i}`, value] as const)
      expect(kept).to.deep.equal(
        Object.fromEntries(expected.filter(([, value]) => value !== undefined)),
      )
      expect(logs['r6']).to.equal(5)
    })

    it('keeps the learning rates of all groups', async () => {
      const model = new nn.Linear(2, 1)
      const optimizer = new optim.SGD([
        { params: [model.weight], lr: 0.5 },
        { params: [model.bias!], lr: 0.25 },
      ])
      const history = await fit(model, [[tensor([[1, 2]]), tensor([[1]])]], {
        criterion: new nn.MSELoss(),
        optimizer,
        epochs: 3,
        scheduler: new optim.StepLR(optimizer, { stepSize: 1, gamma: 0.5 }),
      })
      const lrs = [
        [0.5, 0.25],
        [0.25, 0.125],
        [0.125, 0.0625],
      ]
      expect(history.epochs.map((record) => record.lrs)).to.deep.equal(lrs)
      expect(history.epochs.map(({ lr }) => lr)).to.deep.equal(lrs.map(([first]) => first))
    })
  })
})
