import { expect } from 'chai'

import {
  capture,
  DTypeError,
  Generator,
  getNumThreads,
  manualSeed,
  randn,
  sample,
  type SampleLogitsOptions,
  setNumThreads,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const wrong = (value: unknown): never => value as never
const DRAWS = 20_000

/** Logits of these probabilities, but for a number added to all. */
const logitsOf = (...probabilities: number[]): Tensor =>
  tensor(probabilities.map((p) => Math.log(p) + 3))

/** How often each place was drawn of one row, in one call of many equal rows. */
function counts(logits: Tensor, options: SampleLogitsOptions): number[] {
  const n = logits.length
  const rows = logits.expand([DRAWS, n]).clone()
  const found = Array<number>(n).fill(0)
  for (const i of sample(rows, options).data) found[i]!++
  return found
}

/** A count of a binomial distribution is within 5 of its standard deviations: but for one of 1.7 million. */
function expectShares(found: number[], probabilities: number[]): void {
  for (const [i, p] of probabilities.entries()) {
    const deviation = Math.sqrt(DRAWS * p * (1 - p))
    expect(Math.abs(found[i]! - DRAWS * p), `place ${i}`).to.be.at.most(5 * deviation)
  }
}

const softmax = (logits: number[]): number[] => {
  const weights = logits.map((x) => Math.exp(x - Math.max(...logits)))
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((w) => w / sum)
}

describe('sample', () => {
  const streams: string[] = []

  eachBackend(() => {
    const seeded = (): { generator: Generator } => ({ generator: new Generator(11) })

    it('draws by softmax(logits / temperature)', () => {
      const probabilities = [0.5, 0.3, 0.15, 0.05]
      const logits = logitsOf(...probabilities)
      expectShares(counts(logits, seeded()), probabilities)
      for (const temperature of [0.5, 2]) {
        const scaled = softmax(probabilities.map((p) => Math.log(p) / temperature))
        expectShares(counts(logits, { temperature, ...seeded() }), scaled)
      }
    })

    it('draws of the k largest alone', () => {
      const logits = logitsOf(0.1, 0.4, 0.2, 0.3)
      expectShares(counts(logits, { topK: 2, ...seeded() }), [0, 4 / 7, 0, 3 / 7])
      // Of equal ones the first, and no more than k.
      expectShares(counts(zeros([4]), { topK: 2, ...seeded() }), [0.5, 0.5, 0, 0])
      const all = counts(logits, { topK: 9, ...seeded() })
      expect(all).to.deep.equal(counts(logits, seeded()))
    })

    it('draws of the likeliest that reach a share', () => {
      const logits = logitsOf(0.1, 0.4, 0.2, 0.3)
      const of = (options: SampleLogitsOptions): number[] =>
        counts(logits, { ...options, ...seeded() })
      expectShares(of({ topP: 0.65 }), [0, 4 / 7, 0, 3 / 7])
      expectShares(of({ topP: 0.75 }), [0, 4 / 9, 2 / 9, 3 / 9])
      expectShares(of({ topP: 1e-9 }), [0, 1, 0, 0])
      // After topK the probabilities of those that are left are 4/7 and 3/7.
      expectShares(of({ topK: 2, topP: 0.5 }), [0, 1, 0, 0])
      // Temperature comes before both.
      expectShares(of({ temperature: 0.1, topP: 0.9 }), [0, 1, 0, 0])
    })

    it('takes the largest at temperature 0, and draws nothing', () => {
      const generator = new Generator(2)
      const before = generator.getState().toArray()
      const logits = tensor([
        [1, 3, 3],
        [-Infinity, -9, -10],
      ])
      const found = sample(logits, { temperature: 0, topK: 2, topP: 0.5, generator })
      expect(found.toArray()).to.deep.equal([1, 1])
      expect(generator.getState().toArray()).to.deep.equal(before)
      expect(sample(logits, { temperature: 1e-300, generator }).data[1]).to.equal(1)
    })

    it('never draws what has a logit of -Infinity', () => {
      const logits = tensor([-Infinity, 0, -Infinity, 0])
      expectShares(counts(logits, seeded()), [0, 0.5, 0, 0.5])
      expectShares(counts(logits, { topK: 3, topP: 0.99, ...seeded() }), [0, 0.5, 0, 0.5])
    })

    it('gives int32 of the dimensions before the last', () => {
      for (const [shape, expected] of [
        [[5], []],
        [[2, 5], [2]],
        [
          [2, 3, 5],
          [2, 3],
        ],
        [[0, 5], [0]],
      ] as const) {
        for (const options of [{}, { temperature: 0 }, { topK: 2 }]) {
          const found = sample(zeros(shape, { dtype: 'float64' }), options)
          expect(found.shape).to.deep.equal(expected)
          expect(found.dtype).to.equal('int32')
        }
      }
    })

    it('gives no gradient', () => {
      const logits = randn([3, 4], { requiresGrad: true })
      expect(sample(logits, { topK: 3 }).requiresGrad).to.equal(false)
    })

    it('draws the same whatever the number of threads, and something else next time', () => {
      const generator = new Generator(5)
      const logits = randn([300, 40], { generator })
      const all = (): string => {
        const found = [{}, { topK: 10 }, { topP: 0.8 }].map((more) =>
          sample(logits, { ...more, ...seeded() }).toArray(),
        )
        return JSON.stringify(found)
      }
      const threads = getNumThreads()
      try {
        setNumThreads(1)
        const single = all()
        setNumThreads(2)
        expect(all()).to.equal(single)
        streams.push(single)
      } finally {
        setNumThreads(threads)
      }
      const state = seeded()
      expect(sample(logits, state).toArray()).not.to.deep.equal(sample(logits, state).toArray())
      manualSeed(4)
      const first = sample(logits).toArray()
      manualSeed(4)
      expect(sample(logits).toArray()).to.deep.equal(first)
    })

    it('goes on drawing in a captured step, and refuses there what is no number', () => {
      const logits = randn([6, 9], seeded())
      const draws = (generator: Generator, x: Tensor): Tensor[] => [
        sample(x, { generator }),
        sample(x, { topK: 4, topP: 0.9, temperature: 0.7, generator }),
        sample(x, { temperature: 0, generator }),
      ]
      const [eager, captured] = [new Generator(5), new Generator(5)]
      const step = capture(({ x }: { x: Tensor }) => draws(captured, x), { inputs: { x: logits } })
      captured.manualSeed(5)
      for (let i = 0; i < 3; i++) {
        const expected = draws(eager, logits).map((y) => y.toArray())
        expect(step.runSync().map((y) => y.toArray())).to.deep.equal(expected)
      }
      const x = logits.clone()
      x.data[3] = NaN
      expect(() => step.runSync({ x })).to.throw(ValueError, 'sample: the weight')
    })
  })

  it('draws the same places on both backends', () => {
    expect(new Set(streams).size).to.be.at.most(1)
  })

  it('refuses what it cannot draw from', () => {
    const generator = new Generator(1)
    const before = generator.getState().toArray()
    const row = tensor([1, 2])
    const cases: [() => unknown, new (message: string) => Error, string][] = [
      [() => sample(tensor(1)), ShapeError, 'a last dimension of at least 1'],
      [() => sample(zeros([2, 0])), ShapeError, 'a last dimension of at least 1'],
      [() => sample(tensor([1, 2], { dtype: 'int32' })), DTypeError, 'float32 or float64'],
      [() => sample(wrong([1, 2])), ValueError, 'a Tensor'],
      [() => sample(tensor([[1], [NaN]]), { generator }), ValueError, 'row 1 of the logits'],
      [() => sample(tensor([1, NaN]), { temperature: 0, generator }), ValueError, 'NaN'],
      [() => sample(tensor([1, Infinity]), { generator }), ValueError, 'Infinity'],
      [() => sample(tensor([-Infinity]), { generator }), ValueError, 'one is finite'],
      [() => sample(row, { temperature: -1 }), ValueError, 'temperature'],
      [() => sample(row, { temperature: NaN }), ValueError, 'temperature'],
      [() => sample(row, { temperature: Infinity }), ValueError, 'temperature'],
      [() => sample(row, { topK: 0 }), ValueError, 'topK'],
      [() => sample(row, { topK: 1.5 }), ValueError, 'topK'],
      [() => sample(row, { topP: 0 }), ValueError, 'topP'],
      [() => sample(row, { topP: 1.1 }), ValueError, 'topP'],
      [() => sample(row, wrong({ top_k: 3 })), ValueError, 'topK'],
      [() => sample(row, wrong({ generator: 42 })), ValueError, 'generator'],
      [() => sample(row, wrong(0.8)), ValueError, 'the options'],
    ]
    for (const [call, error, message] of cases) expect(call).to.throw(error, message)
    expect(generator.getState().toArray()).to.deep.equal(before)
  })
})
