import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { GradlaneError, metrics, type Tensor, tensor, zeros } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { source } from '../support/samples.js'

// Made by test/fixtures/metrics.py, which says what is in it.
const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/metrics.json', import.meta.url), 'utf8'),
) as Fixture

type ScoreName = 'precision' | 'recall' | 'f1'
type Scores = Record<ScoreName, { each: number[]; macro: number; micro: number }>

interface Fixture {
  classification: (Scores & {
    scores: number[][]
    labels: number[]
    matrix: number[][]
    accuracy: number
    top: Record<string, number>
  })[]
  ranking: { scores: number[]; labels: number[]; auc: number }[]
  regression: {
    prediction: number[][]
    target: number[][]
    mae: number
    mse: number
    torch_mse: number
    r2: number[]
  }[]
}

const u = 2 ** -53
const INT32 = { dtype: 'int32' } as const
const wrong = (value: unknown): never => value as never

/** The result when the batch comes in pieces, which are cut at random, through a state dict halfway. */
function inPieces<T>(make: () => metrics.Metric<T>, x: Tensor, y: Tensor, seed: number): T {
  const next = source(seed)
  const total = x.shape[0]!
  let metric = make()
  let start = 0
  while (start < total) {
    const size = Math.min(total - start, Math.floor(next() * 12))
    metric.update(x.narrow(0, start, size), y.narrow(0, start, size))
    start += size
    const state = JSON.stringify(metric.stateDict())
    metric = make()
    metric.loadStateDict(JSON.parse(state) as metrics.MetricState)
  }
  return metric.compute()
}

/** The result of one batch; of any number of batches it has to be the same to the last bit. */
function measured<T>(make: () => metrics.Metric<T>, x: Tensor, y: Tensor): T {
  const metric = make()
  metric.update(x, y)
  const result = metric.compute()
  for (const seed of [1, 2, 3]) expect(inPieces(make, x, y, seed)).to.deep.equal(result)
  metric.reset()
  metric.update(x, y)
  expect(metric.compute()).to.deep.equal(result)
  return result
}

describe('metrics', () => {
  eachBackend(() => {
    for (const dtype of ['float32', 'float64'] as const) {
      fixture.classification.forEach((one, index) => {
        const x = tensor(one.scores, { dtype })
        const y = tensor(one.labels, INT32)

        it(`classes ${index} ${dtype}: accuracy and top k`, () => {
          expect(measured(() => new metrics.Accuracy(), x, y)).to.equal(one.accuracy)
          expect(measured(() => new metrics.Accuracy(), x, y.reshape([-1, 1]))).to.equal(
            one.accuracy,
          )
          for (const [k, wanted] of Object.entries(one.top)) {
            expect(measured(() => new metrics.TopKAccuracy({ k: Number(k) }), x, y)).to.equal(
              wanted,
            )
          }
        })

        it(`classes ${index} ${dtype}: confusion matrix`, () => {
          expect(measured(() => new metrics.ConfusionMatrix(), x, y)).to.deep.equal(one.matrix)
          const sums = one.matrix.map((row) => row.reduce((a, b) => a + b, 0))
          const byRow = one.matrix.map((row, i) => row.map((n) => (n === 0 ? 0 : n / sums[i]!)))
          const make = () => new metrics.ConfusionMatrix({ normalize: 'true' })
          expect(measured(make, x, y)).to.deep.equal(byRow)
        })

        it(`classes ${index} ${dtype}: precision, recall, F1`, () => {
          const makers = { precision: metrics.Precision, recall: metrics.Recall, f1: metrics.F1 }
          for (const name of ['precision', 'recall', 'f1'] as const) {
            const make = (average: metrics.ClassAverage) => () => new makers[name]({ average })
            const { each, macro, micro } = one[name]
            expect(measured(make(null), x, y)).to.deep.equal(each)
            expect(measured(make('micro'), x, y)).to.equal(micro)
            // A sum of C numbers of at most 1 each, and a division.
            const bound = (each.length + 1) * u
            expect(measured(make('macro'), x, y)).to.be.closeTo(macro, bound)
          }
        })
      })

      fixture.ranking.forEach((one, index) => {
        it(`ranking ${index} ${dtype}: the area under the ROC curve to the last bit`, () => {
          const x = tensor(one.scores, { dtype })
          const y = tensor(one.labels, INT32)
          expect(measured(() => new metrics.AUC(), x, y)).to.equal(one.auc)
          // Two columns, whose difference is the score.
          const two = tensor(
            one.scores.map((score) => [-score / 2, score / 2]),
            { dtype },
          )
          expect(measured(() => new metrics.AUC(), two, y.to(dtype))).to.equal(one.auc)
        })
      })

      fixture.regression.forEach((one, index) => {
        it(`regression ${index} ${dtype}: MAE, MSE, R²`, () => {
          const x = tensor(one.prediction, { dtype })
          const y = tensor(one.target, { dtype })
          // A difference, a square, a sum of two numbers and a division: 2 roundings each at most.
          const within = (value: number): number => 8 * u * value
          const mae = measured(() => new metrics.MeanAbsoluteError(), x, y)
          expect(mae).to.be.closeTo(one.mae, within(one.mae))
          const mse = measured(() => new metrics.MeanSquaredError(), x, y)
          expect(mse).to.be.closeTo(one.mse, within(one.mse))
          expect(one.mse).to.be.closeTo(one.torch_mse, one.target.length * 3 * u * one.mse)
          const r2 = measured(() => new metrics.R2Score({ average: null }), x, y) as number[]
          // Welford's spread has a relative error of n u κ, κ² = 1 + mean² / variance < 2e4
          // (Chan, Golub and LeVeque 1983), the sum of squares one of n u.
          const n = one.target.length
          r2.forEach((value, i) => {
            const wanted = one.r2[i]!
            expect(value).to.be.closeTo(wanted, 2 * n * u * 142 * (1 - wanted))
          })
          const uniform = measured(() => new metrics.R2Score(), x, y)
          expect(uniform).to.equal(r2.reduce((a, b) => a + b, 0) / r2.length)
        })
      })
    }

    it('read classes from every form of prediction and target', () => {
      const accuracy = (x: Tensor, y: Tensor, options = {}): number =>
        measured(() => new metrics.Accuracy(options), x, y)
      const labels = tensor([1, 0, 1, 1], { dtype: 'uint8' })
      // probabilities, logits, columns, classes
      expect(accuracy(tensor([0.5, 0.4, 0.2, 0.9]), labels)).to.equal(0.75)
      expect(accuracy(tensor([1, -1, -0.5, 0]), labels, { threshold: 0 })).to.equal(0.75)
      expect(accuracy(tensor([[0.5], [0.4], [0.2], [0.9]]), labels)).to.equal(0.75)
      expect(accuracy(tensor([1, 0, 0, 1], INT32), labels)).to.equal(0.75)
      // targets as floats, of one class and of each
      expect(accuracy(tensor([0.5, 0.4, 0.2, 0.9]), tensor([1, 0, 1, 1]))).to.equal(0.75)
      const oneHot = tensor([
        [0, 1, 0],
        [0.8, 0.1, 0.1],
      ])
      expect(accuracy(oneHot, oneHot)).to.equal(1)
      // images: (N, C, H, W) against (N, H, W)
      const image = tensor([[[[3, 0]], [[1, 5]]]])
      expect(accuracy(image, tensor([[[0, 0]]], INT32))).to.equal(0.5)
      expect(accuracy(image, tensor([[[0, 7]]], INT32), { ignoreIndex: 7 })).to.equal(1)
    })

    it('precision of class 1 alone', () => {
      const x = tensor([0.9, 0.8, 0.3, 0.6])
      const y = tensor([1, 0, 1, 1], INT32)
      const of = (make: new (options: object) => metrics.Metric<number | number[]>) =>
        measured(() => new make({ average: 'binary' }), x, y)
      expect([of(metrics.Precision), of(metrics.Recall), of(metrics.F1)]).to.deep.equal([
        2 / 3,
        2 / 3,
        4 / 6,
      ])
    })

    it('a NaN is the highest score, as for argmax', () => {
      const x = tensor([
        [1, NaN, 3],
        [NaN, 2, NaN],
      ])
      const k = (count: number) =>
        measured(() => new metrics.TopKAccuracy({ k: count }), x, tensor([2, 2], INT32))
      expect([k(1), k(2)]).to.deep.equal([0, 1])
      expect(measured(() => new metrics.Accuracy(), x, tensor([1, 0], INT32))).to.equal(1)
    })

    it('print a table of confusions', () => {
      const matrix = new metrics.ConfusionMatrix({ labels: ['cat', 'dog'] })
      matrix.update(tensor([0, 1, 1, 1], INT32), tensor([0, 0, 1, 1], INT32))
      expect(matrix.toString()).to.equal(
        [
          'actual \\ predicted  cat  dog',
          '               cat    1    1',
          '               dog    0    2',
        ].join('\n'),
      )
    })

    it('take numbers for names of classes', () => {
      const matrix = new metrics.ConfusionMatrix({ labels: [7, 10] })
      expect(matrix.labels).to.deep.equal(['7', '10'])
      matrix.update(tensor([0, 1], INT32), tensor([0, 0], INT32))
      expect(matrix.toString()).to.match(/predicted {2}7 {2}10\n.*7 {2}1 {3}1\n/)
    })

    it('are NaN of nothing', () => {
      const nothing = ['accuracy', 'topKAccuracy', 'precision', 'auc', 'mae', 'mse', 'r2']
      for (const name of nothing) expect(metrics.create(name).compute()).to.be.NaN
      expect(metrics.create('confusionMatrix').compute()).to.deep.equal([])
      const auc = new metrics.AUC()
      auc.update(tensor([1, 2]), tensor([1, 1], INT32))
      expect(auc.compute()).to.be.NaN
    })

    it('R² of targets that are all the same', () => {
      const y = tensor([2, 2, 2])
      expect(measured(() => new metrics.R2Score(), y, y)).to.equal(1)
      expect(measured(() => new metrics.R2Score(), tensor([2, 2, 3]), y)).to.equal(0)
    })

    it('come by name', () => {
      const names = [
        'accuracy',
        'precision',
        'recall',
        'f1',
        'auc',
        'confusionMatrix',
        'mae',
        'mse',
        'r2',
      ]
      for (const name of names) expect(metrics.create(name).name).to.equal(name)
      expect(metrics.create('topKAccuracy').name).to.equal('top5Accuracy')
      const mine = new metrics.Accuracy({ name: 'mine' })
      expect(metrics.create(mine)).to.equal(mine)
      metrics.register(`top3 ${Math.random()}`, () => new metrics.TopKAccuracy({ k: 3 }))
      expect(() => {
        metrics.register('accuracy', () => new metrics.Accuracy())
      }).to.throw(GradlaneError, /not taken/)
      expect(() => metrics.create('acuracy')).to.throw(
        GradlaneError,
        /one of accuracy, .*"acuracy"/,
      )
    })
  })
})

const labels = tensor([0, 1], INT32)
const update = (metric: metrics.Metric<unknown>, x: Tensor, y: Tensor) => () => {
  metric.update(x, y)
}

const mistakes: readonly [string, () => unknown, RegExp][] = [
  [
    'arrays',
    update(new metrics.Accuracy(), wrong([1]), labels),
    /Accuracy.*a Tensor, got an array/,
  ],
  ['no target', update(new metrics.AUC(), zeros([2]), wrong(undefined)), /the target.*a Tensor/],
  [
    'targets of another batch',
    update(new metrics.Accuracy(), zeros([3, 4]), labels),
    /class indices of shape \(3\).*\(3, 4\).*shape \(2\)/,
  ],
  [
    'class indices as floats',
    update(new metrics.Accuracy(), zeros([2, 4]), zeros([2])),
    /int32 or uint8, got float32.*target\.to\('int32'\)/,
  ],
  [
    'a label that is too large',
    update(new metrics.Accuracy(), zeros([2, 2]), tensor([0, 2], INT32)),
    /target\[1\].*0\.\.1, got 2/,
  ],
  [
    'a label that is too large for top k',
    update(new metrics.TopKAccuracy(), zeros([2, 2]), tensor([0, 2], INT32)),
    /target\[1\].*0\.\.1, got 2/,
  ],
  [
    'classes against one score',
    update(new metrics.Accuracy(), zeros([2]), tensor([0, 2])),
    /target\[1\].*from 0 to 1, got 2/,
  ],
  ['k of 0', () => new metrics.TopKAccuracy({ k: 0 }), /k to be a whole number/],
  [
    'an average of another library',
    () => new metrics.F1({ average: wrong('weighted') }),
    /'macro', 'mi/,
  ],
  ['binary of three', () => new metrics.F1({ average: 'binary', numClasses: 3 }), /to be 2, got 3/],
  [
    'class indices without their number',
    update(new metrics.Precision(), labels, labels),
    /numClasses.*given/,
  ],
  ['AUC of three classes', update(new metrics.AUC(), zeros([2, 3]), labels), /one AUC for each/],
  ['AUC of NaN', update(new metrics.AUC(), tensor([1, NaN]), labels), /sample 1.*NaN/],
  ['AUC of another label', update(new metrics.AUC(), zeros([1]), tensor([2])), /0 or 1, got 2/],
  [
    'errors of other shapes',
    update(new metrics.MeanSquaredError(), zeros([2, 3]), zeros([3, 2])),
    /shape \(2, 3\) as the prediction.*\(3, 2\)/,
  ],
  [
    'errors of integers',
    update(new metrics.MeanAbsoluteError(), zeros([2]), labels),
    /float32.*int32/,
  ],
  ['R² of a scalar', update(new metrics.R2Score(), zeros([]), zeros([])), /scalar/],
  [
    'labels for other classes',
    () => new metrics.ConfusionMatrix({ labels: ['a'], numClasses: 2 }),
    /2 n/,
  ],
]

describe('misuse of metrics', () => {
  for (const [name, make, message] of mistakes) {
    it(`${name}: ${message.source}`, () => {
      expect(make).to.throw(GradlaneError, message)
    })
  }

  it('a batch that does not fit is not counted in part', () => {
    const accuracy = new metrics.Accuracy()
    const auc = new metrics.AUC()
    const matrix = new metrics.ConfusionMatrix()
    const before = [accuracy, auc, matrix].map((metric) => metric.stateDict())
    expect(update(accuracy, zeros([2, 2]), tensor([0, 5], INT32))).to.throw(GradlaneError)
    expect(update(auc, tensor([1, NaN]), labels)).to.throw(GradlaneError)
    expect(update(matrix, zeros([2, 2]), tensor([0, 5], INT32))).to.throw(GradlaneError)
    expect([accuracy, auc, matrix].map((metric) => metric.stateDict())).to.deep.equal(before)
  })

  it('batches with other numbers of classes', () => {
    const matrix = new metrics.ConfusionMatrix()
    matrix.update(zeros([2, 3]), labels)
    expect(update(matrix, zeros([2, 4]), labels)).to.throw(GradlaneError, /of 3 classes/)
  })

  it('state dicts of something else', () => {
    const names = ['accuracy', 'topKAccuracy', 'f1', 'auc', 'confusionMatrix', 'mae', 'r2']
    for (const name of names) {
      for (const state of [null, {}, { counts: [1.5, 2] }, { counts: [1], classes: 3 }]) {
        const metric = metrics.create(name)
        const before = metric.stateDict()
        // Nothing is a state dict of a metric over classes that has seen none, but this is not empty.
        expect(
          () => {
            metric.loadStateDict(wrong(state))
          },
          `${name} ${JSON.stringify(state)}`,
        ).to.throw(GradlaneError)
        expect(metric.stateDict()).to.deep.equal(before)
      }
    }
  })
})
