import { expect } from 'chai'

import {
  capture,
  data,
  evaluateSync,
  fitSync,
  io,
  metrics,
  nn,
  optim,
  randn,
  sanityCheckSync,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const wrong = (value: unknown): never => value as never

describe('what newcomers pass for a tensor', () => {
  const x = randn([4, 2])
  const model = new nn.Linear(2, 3)
  const criterion = new nn.CrossEntropyLoss()
  const fit = (source: unknown, options: object = {}): unknown =>
    fitSync(model, wrong(source), {
      ...{ criterion, optimizer: new optim.SGD(model.parameters()), epochs: 1 },
      ...options,
    })

  const takers: Record<string, (labels: unknown) => unknown> = {
    fit: (labels) => fit([x, labels]),
    'fit with an option for tensors': (labels) => fit([x, labels], { batchSize: 2 }),
    validation: (labels) =>
      fit([x, tensor([0, 1, 2, 0], { dtype: 'int32' })], { validation: [x, labels] }),
    evaluate: (labels) => evaluateSync(model, wrong([x, labels]), { criterion }),
    sanityCheck: (labels) => sanityCheckSync(model, wrong([x, labels]), { criterion }),
    TensorDataset: (labels) => new data.TensorDataset(wrong([x, labels])),
    DataLoader: (labels) => new data.DataLoader(wrong([x, labels])),
    'a criterion': (labels) => criterion.forward(model.forward(x), wrong(labels)),
    saveSafetensors: (labels) => io.safetensorsToBuffer({ labels: wrong(labels) }),
    loadStateDict: (labels) => model.loadStateDict({ weight: wrong(labels), bias: wrong(labels) }),
    'a metric': (labels) => {
      new metrics.Accuracy().update(model.forward(x), wrong(labels))
    },
  }
  for (const [name, take] of Object.entries(takers)) {
    it(`labels as an array: ${name} names the fix`, () => {
      const before = model.weight.toArray()
      const indices = "tensor(indices, { dtype: 'int32' })"
      for (const [labels, fix] of [
        [[0, 1, 2, 0], `make one with tensor(array), or of class indices with ${indices}`],
        [[0.5, 1, 2, 0], 'make one with tensor(array)'],
        [new Int32Array(4), 'make one with tensor(array)'],
        [['a', 'b', 'c', 'a'], `number the classes from 0 and make one with ${indices}`],
      ] as const) {
        expect(() => take(labels)).to.throw(ValueError, `to be a Tensor, got an array; ${fix}`)
      }
      expect(model.weight.toArray()).to.deep.equal(before)
    })
  }

  it('features as an array: fit names the fix', () => {
    const rows = [
      [1, 2],
      [3, 4],
    ]
    expect(() => fit([rows, [0, 1]])).to.throw('fitSync: expected the features to be a Tensor')
    expect(() => fit([[rows[0], 0]])).to.throw('fitSync: expected the features to be a Tensor')
  })

  it('takes lists of batches all the same', () => {
    const y = tensor([0, 1, 2, 0], { dtype: 'int32' })
    fit([
      [x, y],
      [x, y],
    ])
    expect(() => fit([[x, [0, 1, 2, 0]]])).to.throw(/targets of a batch to be a Tensor/)
  })
})

describe('an index or a label that is out of range', () => {
  eachBackend(() => {
    const ints = (values: number[], shape: number[]): Tensor =>
      tensor(values, { dtype: 'int32' }).reshape(shape)
    const bad = ints([1, 7], [1, 2])

    it('names the embedding, alone and in a model', () => {
      const embedding = new nn.Embedding(5, 2)
      const message = 'Embedding(5, 2): index 7 at row 1 is outside [0, 5)'
      expect(() => embedding.forward(bad)).to.throw(ValueError, new RegExp(`^${escape(message)}`))
      const model = new nn.Sequential(new nn.Identity(), embedding)
      expect(() => model.forward(bad)).to.throw(ValueError, `Sequential.1 ${message}`)
      expect(embedding.forward(ints([1, 4], [1, 2])).shape).to.deep.equal([1, 2, 2])
    })

    it('names it in the replay of a captured step, and the criterion', async () => {
      const [first, second] = [new nn.Embedding(5, 2), new nn.Embedding(9, 2)]
      const step = capture(
        ({ a, b }) => {
          first.forward(a)
          return second.forward(b)
        },
        { inputs: { a: bad, b: bad } },
      )
      const fine = ints([0, 1], [1, 2])
      const big = ints([1, 9], [1, 2])
      const error = await step.run({ a: fine, b: big }).then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(error).to.be.instanceOf(ValueError)
      expect(String(error)).to.match(
        /^ValueError: Embedding\(9, 2\): index 9 at row 1 is outside \[0, 9\) \(call/,
      )
      // A run in one go does not tell which call it was.
      expect(() => step.runSync({ a: bad, b: fine })).to.throw(
        ValueError,
        'Embedding(5, 2) or Embedding(9, 2): index 7 at row 1 is outside [0, 5)',
      )
      const model = new nn.Linear(2, 2)
      const options = { criterion: new nn.CrossEntropyLoss(), epochs: 1 }
      const optimizer = new optim.SGD(model.parameters())
      for (const captured of [true, false]) {
        expect(() =>
          fitSync(model, [randn([1, 2]), ints([3], [1])], {
            ...{ ...options, optimizer, capture: captured },
          }),
        ).to.throw(ValueError, /^CrossEntropyLoss: target\[0\] = 3 is outside 0\.\.1/)
      }
    })

    it('names criteria and datasets', () => {
      const prediction = tensor([[1, 2]])
      expect(() => new nn.NLLLoss().forward(prediction, ints([3], [1]))).to.throw(
        /^NLLLoss: target/,
      )
      const outside = tensor([1.5])
      for (const [name, criterion] of [
        ['BCELoss', new nn.BCELoss()],
        ['ProbabilityCrossEntropyLoss', new nn.ProbabilityCrossEntropyLoss()],
      ] as const) {
        expect(() => criterion.forward(outside, outside)).to.throw(new RegExp(`^${name}: x`))
        expect(() => criterion.backward(outside, outside)).to.throw(new RegExp(`^${name}: x`))
      }
      const dataset = new data.TensorDataset([prediction])
      expect(() => dataset.gather(ints([4], [1]))).to.throw(/^TensorDataset: index 4/)
      const subset = new data.Subset(dataset, [0])
      expect(() => subset.gather(ints([4], [1]))).to.throw(/^Subset: index 4/)
    })
  })
})

function escape(text: string): string {
  return text.replace(/[()[\]]/g, '\\$&')
}
