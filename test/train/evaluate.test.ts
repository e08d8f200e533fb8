import { expect } from 'chai'

import { evaluate, evaluateSync, metrics, type Tensor, ValueError } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { setting } from './setting.js'

/** How many of each class there are. */
class Census extends metrics.Metric<Record<string, number>> {
  readonly #counts = new Map<number, number>()
  constructor() {
    super('census')
  }
  protected override accumulate(_prediction: Tensor, target: Tensor): void {
    for (const label of target.data) this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1)
  }
  override compute(): Record<string, number> {
    return Object.fromEntries([...this.#counts].map(([label, count]) => [`of${label}`, count]))
  }
  override reset(): void {
    this.#counts.clear()
  }
  override stateDict(): metrics.MetricState {
    return {}
  }
  override loadStateDict(): void {
    this.reset()
  }
}

describe('evaluate: metrics that are no number', () => {
  eachBackend(() => {
    it('leave no option without a meaning', () => {
      const { model, criterion, held } = setting()
      expect(() => evaluateSync(model, held, { criterion, batchSize: 8 })).to.throw(
        ValueError,
        /batchSize and shuffle go with tensors/,
      )
    })

    for (const capture of [true, false]) {
      it(`are returned by name beside the others, ${capture ? 'captured' : 'eager'}`, async () => {
        const { model, criterion, held } = setting()
        const names = ['accuracy', 'confusionMatrix'] as const
        const options = { criterion, metrics: names, capture }
        const { loss, accuracy, confusionMatrix } = await evaluate(model, held, options)
        const right = confusionMatrix.reduce((sum, row, i) => sum + row[i]!, 0)
        const all = confusionMatrix.flat().reduce((sum, count) => sum + count, 0)
        expect([accuracy.toFixed(6), all]).to.deep.equal([(right / 20).toFixed(6), 20])
        expect(evaluateSync(model, held, options)).to.deep.equal({
          loss,
          accuracy,
          confusionMatrix,
        })
        const census = new Census()
        const recall = new metrics.Recall({ average: null })
        const objects = [census, recall, 'f1'] as const
        const others = await evaluate(model, held, { criterion, metrics: objects, capture })
        expect(others['census']).to.deep.equal(census.compute())
        expect(others['recall']).to.deep.equal(recall.compute())
        expect(others.f1.toFixed(2)).to.match(/^[01]\.\d\d$/)
        expect(Object.keys(others)).to.have.members(['loss', 'census', 'recall', 'f1'])
        expect(await evaluate(model, held, { criterion })).to.deep.equal({ loss })
      })
    }
  })
})
