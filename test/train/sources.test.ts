import { expect } from 'chai'

import {
  type BatchSource,
  data,
  evaluate,
  fit,
  type FitOptions,
  Generator,
  type History,
  manualSeed,
  nn,
  optim,
  rand,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const ROWS = 53
const BATCH = 8

const wrong = (value: unknown): never => value as never

/** The same samples each time. */
function samples(rows = ROWS): [Tensor, Tensor] {
  const x = randn([rows, 6], { generator: new Generator(1) })
  const labels = Array.from({ length: rows }, (_, i) => (x.data[6 * i]! > 0 ? 1 : 0))
  return [x, tensor(labels, { dtype: 'int32' })]
}

interface Trained {
  readonly history: History
  readonly weights: readonly number[][]
}

/** The same training each time, on batches from somewhere. */
async function train(source: () => BatchSource, options: Partial<FitOptions>): Promise<Trained> {
  manualSeed(7)
  const model = new nn.Sequential(
    new nn.Linear(6, 10),
    new nn.ReLU(),
    new nn.Dropout(0.2),
    new nn.Linear(10, 2),
  )
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 })
  manualSeed(3)
  const history = await fit(model, source(), {
    criterion: new nn.CrossEntropyLoss(),
    optimizer,
    epochs: 3,
    ...options,
  })
  return { history, weights: model.parameters().map(({ data }) => Array.from(data)) }
}

const logsOf = ({ history }: Trained): unknown => history.epochs.map(({ logs }) => logs)

/** Counts how often batches are gathered. */
class Counted extends data.TensorDataset<[Tensor, Tensor]> {
  gathered = 0
  override gather(index: Tensor): [Tensor, Tensor] {
    this.gathered++
    return super.gather(index)
  }
}

describe('fit: where batches come from', () => {
  eachBackend(() => {
    for (const capture of [true, false]) {
      const mode = capture ? 'captured' : 'eager'

      for (const [validationSplit, held] of [
        [0.25, 13],
        [0.01, 1],
        [0.99, 52],
      ] as const) {
        it(`holds ${validationSplit} of the samples out, as a split by hand does, ${mode}`, async () => {
          const loaderOptions = { batchSize: BATCH, shuffle: true, dropLast: validationSplit < 0.5 }
          const expected = await train(() => [], { epochs: 0 })
          let parts: readonly data.Subset<[Tensor, Tensor]>[] = []
          const validation: BatchSource = {
            [Symbol.iterator]: () =>
              new data.DataLoader(parts[1]!, { batchSize: BATCH })[Symbol.iterator](),
          }
          const byHand = await train(
            () => {
              parts = data.randomSplit(samples(), [ROWS - held, held])
              return new data.DataLoader(parts[0]!, loaderOptions)
            },
            { validation, capture },
          )
          const split = await train(() => new data.DataLoader(samples(), loaderOptions), {
            validationSplit,
            capture,
          })
          expect(split.history.mode).to.equal(mode)
          expect(split.weights).to.deep.equal(byHand.weights)
          expect(logsOf(split)).to.deep.equal(logsOf(byHand))
          expect(split.weights).to.not.deep.equal(expected.weights)
        })
      }

      it(`cuts tensors into batches of 32, or as many as it is told, ${mode}`, async () => {
        const [x, y] = samples()
        for (const [given, meant] of [
          [{}, { batchSize: 32, shuffle: true }],
          [{ batchSize: BATCH }, { batchSize: BATCH, shuffle: true }],
          [
            { batchSize: BATCH, shuffle: false },
            { batchSize: BATCH, shuffle: false },
          ],
        ] as const) {
          const held = new data.DataLoader([x, y], { batchSize: meant.batchSize })
          const loader = await train(() => new data.DataLoader([x, y], meant), {
            validation: held,
            capture,
          })
          const tensors = await train(() => [x, y], { validation: [x, y], capture, ...given })
          expect(tensors.weights).to.deep.equal(loader.weights)
          expect(logsOf(tensors)).to.deep.equal(logsOf(loader))
        }
      })
    }

    it('gathers what a split leaves inside of the captured step', async () => {
      const counts: number[] = []
      for (const epochs of [1, 6]) {
        const dataset = new Counted(samples())
        await train(() => new data.DataLoader(dataset, { batchSize: BATCH, shuffle: true }), {
          validationSplit: 0.25,
          epochs,
          details: false, // times layers on as many batches as there is time for
        })
        counts.push(dataset.gathered)
      }
      expect(counts[1]).to.equal(counts[0])
    })

    it('evaluates tensors', async () => {
      const [x, y] = samples()
      const model = new nn.Sequential(new nn.Linear(6, 2))
      const criterion = new nn.CrossEntropyLoss()
      const loader = new data.DataLoader([x, y], { batchSize: 20 })
      const expected = await evaluate(model, loader, { criterion, metrics: ['accuracy'] })
      const options = { criterion, metrics: ['accuracy'], batchSize: 20 }
      expect(await evaluate(model, [x, y], options)).to.deep.equal(expected)
    })

    it('what a dataset draws comes in front of what the steps draw that follow', async () => {
      const [x, y] = samples()
      const noisy = (): BatchSource => {
        const all = new data.TensorDataset([x, y])
        const add = ([row, label]: readonly [Tensor, Tensor]): [Tensor, Tensor] => {
          return [row.add(randn(row.shape)), label]
        }
        return new data.DataLoader(new data.TransformedDataset(all, add), { batchSize: 4 })
      }
      const captured = await train(noisy, { accumulate: 3 })
      expect(captured.history.mode).to.equal('captured')
      const eager = await train(noisy, { accumulate: 3, capture: false })
      expect(eager.weights).to.deep.equal(captured.weights)
    })

    describe('refuses, with nothing drawn', () => {
      const loader = (rows = ROWS): BatchSource => new data.DataLoader(samples(rows))
      const mistakes: readonly (readonly [string, BatchSource, Partial<FitOptions>, RegExp])[] = [
        ['no fraction', loader(), { validationSplit: 0 }, /validationSplit.*between 0 and 1/],
        ['all of it', loader(), { validationSplit: 1 }, /validationSplit.*between 0 and 1/],
        ['a word', loader(), { validationSplit: wrong('a') }, /validationSplit.*between 0 and 1/],
        ['too few samples', loader(4), { validationSplit: 0.1 }, /both parts.*0 of 4/],
        ['a part that is all', loader(4), { validationSplit: 0.9 }, /both parts.*4 of 4/],
        ['an iterable to split', [samples()], { validationSplit: 0.5 }, /a DataLoader/],
        [
          'a split and validation',
          loader(),
          { validationSplit: 0.5, validation: samples() },
          /exclude each other/,
        ],
        ['a batch size beside a loader', loader(), { batchSize: 4 }, /a loader has its own/],
        ['shuffling beside a loader', loader(), { shuffle: false }, /a loader has its own/],
        ['half a sample', samples(), { batchSize: 0.5 }, /batchSize/],
        ['one tensor', wrong([samples()[0]]), {}, /features, targets/],
        ['other lengths', [samples()[0], samples(5)[1]], {}, /53.*5/],
      ]
      for (const [what, source, options, message] of mistakes) {
        it(what, async () => {
          const error = await train(() => source, options).then(
            () => 'no error',
            (reason: unknown) => reason,
          )
          expect(error).to.satisfy(
            (e: unknown) => e instanceof ValueError || e instanceof ShapeError,
          )
          expect(String(error)).to.match(message)
          const drawn = rand([2]).toArray()
          manualSeed(3)
          expect(drawn).to.deep.equal(rand([2]).toArray())
        })
      }
    })
  })
})
