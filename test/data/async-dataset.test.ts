import { setImmediate } from 'node:timers/promises'

import { expect } from 'chai'

import {
  data,
  evaluate,
  fit,
  fitSync,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'

type Sample = [Tensor, Tensor]

const sampleOf = (i: number): Sample => [tensor([i, i + 0.5]), tensor(i % 2, { dtype: 'int32' })]

/** Samples that come a turn of the event loop later; counts those that are on their way. */
class Later implements data.AsyncDataset<Sample> {
  asked = 0
  constructor(
    readonly length: number,
    readonly bad = -1,
  ) {}
  async get(i: number): Promise<Sample> {
    this.asked++
    await setImmediate()
    if (i === this.bad) throw new ValueError(`sample ${i} is not there`)
    return sampleOf(i)
  }
}

async function all(loader: data.DataLoader<Sample>): Promise<unknown[]> {
  const batches: unknown[] = []
  for await (const [x, y] of loader) batches.push([x.toArray(), y.toArray()])
  return batches
}

const training = () => {
  manualSeed(3)
  const model = new nn.Linear(2, 2)
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 })
  return { model, options: { criterion: new nn.CrossEntropyLoss(), optimizer, epochs: 2 } }
}

describe('data: datasets that are waited for', () => {
  const there: data.Dataset<Sample> = { length: 7, get: sampleOf }

  it('give the batches of the same samples that are there', async () => {
    const later = new data.DataLoader(new Later(7), { batchSize: 3 })
    expect([later.prefetch, later.isAsync]).to.deep.equal([2, true])
    const plain = new data.DataLoader(there, { batchSize: 3 })
    expect([plain.prefetch, plain.isAsync]).to.deep.equal([0, false])
    const expected = [...plain].map(([x, y]) => [x.toArray(), y.toArray()])
    expect(await all(later)).to.deep.equal(expected)
    expect(await all(plain)).to.deep.equal(expected)
    expect(await all(new data.DataLoader(there, { batchSize: 3, prefetch: 4 }))).to.deep.equal(
      expected,
    )
    const tensors = new data.TensorDataset([randn([4, 2]), randn([4])])
    expect(await all(new data.DataLoader(tensors, { batchSize: 3, prefetch: 1 }))).to.have.length(2)
  })

  it('are asked for so many batches ahead, and no further', async () => {
    for (const prefetch of [0, 1, 3]) {
      const dataset = new Later(20)
      const iterator = new data.DataLoader(dataset, { batchSize: 2, prefetch })[
        Symbol.asyncIterator
      ]()
      await iterator.next()
      expect(dataset.asked).to.equal(2 + 2 * Math.max(1, prefetch))
      await iterator.return!()
    }
  })

  it('train as the same samples that are there', async () => {
    const one = training()
    const history = await fit(one.model, new data.DataLoader(new Later(12), { batchSize: 4, shuffle: true }), one.options)
    const two = training()
    const expected = await fit(two.model, new data.DataLoader({ ...there, length: 12 }, { batchSize: 4, shuffle: true }), two.options)
    expect(history.epochs.map(({ logs }) => logs['loss'])).to.deep.equal(expected.epochs.map(({ logs }) => logs['loss']))
    expect(history.mode).to.equal('captured')
    const { loss } = await evaluate(one.model, new data.DataLoader(new Later(5)), { criterion: one.options.criterion })
    expect(loss).to.be.within(0, 10)
  }) // prettier-ignore

  it('are split and transformed', async () => {
    const [part] = data.randomSplit(new Later(6), [4, 2])
    expect(part.isAsync).to.equal(true)
    expect(await all(new data.DataLoader(part))).to.have.length(4)
    const doubled = new data.TransformedDataset(part, ([x, y], i): Sample => [
      x,
      tensor([i, y.item()]),
    ])
    const [[, y]] = (await all(new data.DataLoader(doubled))) as [[unknown, number[][]]]
    expect(y[0]![0]).to.equal(0)
    const sync = new data.TransformedDataset(there, ([x]): Sample => [x, x])
    expect([...new data.DataLoader(sync)]).to.have.length(7)
    expect(() => new data.TransformedDataset(there, 3 as never)).to.throw(ValueError, 'transform')
  })

  it('refuse to be gone through without waiting, with the fix', () => {
    const loader = new data.DataLoader(new Later(4), { batchSize: 2 })
    const message = 'sample 0 to be an array of tensors, got a promise; pass { prefetch: 2 }'
    expect(() => [...loader]).to.throw(ValueError, message)
    const { model, options } = training()
    expect(() => fitSync(model, loader, options)).to.throw(ValueError, 'fit waits for batches')
    const hidden = { length: 2, get: (i: number) => Promise.resolve(sampleOf(i)) }
    expect(() => [...new data.DataLoader(hidden)]).to.throw(ValueError, message)
  })

  it('hand on what goes wrong, once', async () => {
    let error: unknown
    await all(new data.DataLoader(new Later(9, 4), { batchSize: 2, prefetch: 4 })).catch((reason: unknown) => (error = reason)) // prettier-ignore
    expect(error).to.be.instanceOf(ValueError)
    expect(String(error)).to.include('sample 4 is not there')
    const { model, options } = training()
    const broken = fit(model, new data.DataLoader(new Later(9, 4), { batchSize: 2 }), options)
    await broken.catch((reason: unknown) => (error = reason))
    expect(String(error)).to.include('sample 4 is not there')
  })
})
