// What each of several processes draws for its samples is what one draws for the batch of all.
import { expect } from 'chai'

import {
  bernoulli,
  cat,
  Generator,
  manualSeed,
  multinomial,
  nn,
  noGrad,
  rand,
  randint,
  randn,
  type Tensor,
} from '../../ts/index.js'
import { defaultGenerator } from '../../ts/random/generator.js'
import { type BatchRows, setBatchRows } from '../../ts/random/batch-rows.js'

const BATCH = 9
/** Neither of them as long as another one, and none begins with a block of random words. */
const parts: readonly BatchRows[] = [
  { own: 3, before: 0, after: 6 },
  { own: 1, before: 3, after: 5 },
  { own: 5, before: 4, after: 0 },
]

interface Case {
  /** Of all samples; the batch is in `axis`. */
  readonly x: Tensor
  readonly axis?: 0 | 1
  run(x: Tensor): Tensor
}

const noise = (shape: readonly number[]): Tensor => {
  return randn(shape, { generator: new Generator(7), dtype: 'float64' })
}
const trained = (module: nn.TensorModule) => (x: Tensor) => module.forward(x)
const images = noise([BATCH, 3, 5, 4])
const sequences = noise([BATCH, BATCH, 6])
/** As many as one of the processes has samples, so that the shape does not tell one from the other. */
const steps = noise([5, BATCH, 6])
const probabilities = rand([BATCH, 7], { generator: new Generator(8) })
const { TransformerEncoderLayer, MultiheadAttention, LSTM, functional } = nn
const dtype = 'float64'

const cases: Readonly<Record<string, Case>> = {
  Dropout: { x: noise([BATCH, 7]), run: trained(new nn.Dropout(0.4)) },
  'Dropout of one number a sample': { x: noise([BATCH]), run: trained(new nn.Dropout(0.4)) },
  'Dropout of several rows a sample': {
    x: noise([BATCH * 2, 7]),
    run: trained(new nn.Dropout(0.4)),
  },
  'Dropout of (T, N, C)': { x: noise([7, BATCH, 3]), axis: 1, run: trained(new nn.Dropout(0.4)) },
  Dropout1d: { x: noise([BATCH, 3, 4]), run: trained(new nn.Dropout1d(0.4)) },
  Dropout2d: { x: images, run: trained(new nn.Dropout2d(0.4)) },
  'functional.dropout': { x: noise([BATCH, 7]), run: (x) => functional.dropout(x, 0.4) },
  RandomCrop: { x: images, run: trained(new nn.RandomCrop(4, { padding: 1 })) },
  RandomHorizontalFlip: { x: images, run: trained(new nn.RandomHorizontalFlip()) },
  RandomErasing: { x: images, run: trained(new nn.RandomErasing(0.7)) },
  RandomTranslation: { x: images, run: trained(new nn.RandomTranslation(0.3, 0.3)) },
  RandomBrightness: { x: images, run: trained(new nn.RandomBrightness(0.3)) },
  'dropout between recurrent layers, (T, N, C)': {
    ...{ x: steps, axis: 1 },
    run: (x) => lstm.forward(x).output,
  },
  'dropout between recurrent layers, (N, T, C)': {
    x: sequences,
    run: (x) => lstmOfRows.forward(x).output,
  },
  'PositionalEncoding, (T, N, C)': {
    ...{ x: steps, axis: 1 },
    run: trained(new nn.PositionalEncoding(6, { dropout: 0.3 })),
  },
  'PositionalEncoding, (N, T, C)': {
    x: sequences,
    run: trained(new nn.PositionalEncoding(6, { dropout: 0.3, batchFirst: true })),
  },
  'TransformerEncoderLayer, (T, N, C)': {
    ...{ x: steps, axis: 1 },
    run: trained(new TransformerEncoderLayer(6, 2, { dimFeedforward: 5, dropout: 0.3, dtype })),
  },
  'TransformerEncoderLayer, (N, T, C)': {
    x: sequences,
    run: trained(
      new TransformerEncoderLayer(6, 2, {
        ...{ dimFeedforward: 5, dropout: 0.3, dtype, batchFirst: true, normFirst: true },
      }),
    ),
  },
  'MultiheadAttention with its weights': {
    ...{ x: steps, axis: 1 },
    run: (x) => attention.forward(x, x, x, { needWeights: true }).output,
  },
  'functional.scaledDotProductAttention': {
    x: noise([BATCH, 2, 5, 3]),
    run: (x) => functional.scaledDotProductAttention(x, x, x, { dropoutP: 0.3 }),
  },
  rand: { x: noise([BATCH, 5]), run: ({ shape }) => rand(shape) },
  'randn, odd numbers a sample': { x: noise([BATCH, 5]), run: ({ shape }) => randn(shape) },
  'randn of (T, N, C)': {
    ...{ x: noise([7, BATCH, 3]), axis: 1 },
    run: ({ shape }) => randn(shape, { dtype }),
  },
  randint: { x: noise([BATCH, 5]), run: ({ shape }) => randint(100, shape) },
  bernoulli: { x: probabilities, run: (x) => bernoulli(x) },
  multinomial: { x: probabilities, run: (x) => multinomial(x, 3) },
}
const lstm = new LSTM(6, 4, { numLayers: 3, dropout: 0.3, dtype })
const lstmOfRows = new LSTM(6, 4, { numLayers: 2, dropout: 0.3, dtype, batchFirst: true })
const attention = new MultiheadAttention(6, 2, { dropout: 0.3, dtype })

/** With the same numbers drawn by each: what comes out, and where the generator then is. */
function drawn(rows: BatchRows | null, run: () => Tensor): { y: Tensor; state: number[] } {
  manualSeed(5)
  setBatchRows(rows)
  try {
    const y = noGrad(run)
    return { y, state: Array.from(defaultGenerator.getState().data) }
  } finally {
    setBatchRows(null)
  }
}

describe('rows of a batch', () => {
  for (const [name, one] of Object.entries(cases)) {
    it(name, () => {
      const { x, axis = 0 } = one
      const whole = drawn(null, () => one.run(x))
      expect(whole.state[2], 'draws').to.be.above(0)
      const each = x.shape[axis]! / BATCH
      const found = parts.map((rows) => {
        const own = x.narrow(axis, rows.before * each, rows.own * each).clone()
        const { y, state } = drawn(rows, () => one.run(own))
        expect(state).to.deep.equal(whole.state)
        return y
      })
      const together = cat(found, axis)
      expect(together.shape).to.deep.equal(whole.y.shape)
      // Products of matrices may add up in another order for fewer rows.
      together.data.forEach((value, i) => {
        expect(value, `element ${i}`).to.be.closeTo(whole.y.data[i]!, 1e-14)
      })
    })
  }

  it('what has no samples is drawn alike', () => {
    const weights = noise([7, 4])
    const drop = (): Tensor => functional.dropout(weights, 0.5)
    const whole = drawn(null, drop)
    for (const rows of parts.filter(({ own }) => own > 1)) {
      const { y, state } = drawn(rows, drop)
      expect(y.data).to.deep.equal(whole.y.data)
      expect(state).to.deep.equal(whole.state)
    }
  })
})
