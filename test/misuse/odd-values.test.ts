/**
 * Values that JavaScript itself stumbles over (a BigInt, a Symbol, an object without a prototype, a trap
 * that throws) are told as any other mistake, and leave nothing behind.
 */
import { expect } from 'chai'

import { complaint } from '../../ts/errors.js'
import * as gradlane from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'

const { data, Generator, GradlaneError, nn, ones, optim, tensor, zeros } = gradlane

const wrong = (value: unknown): never => value as never

const bare: unknown = Object.create(null)
const trapped: unknown = new Proxy([], {
  get() {
    throw new Error('a trap')
  },
})

/** What cannot be turned into a text or a number. */
const odd: readonly (readonly [name: string, value: unknown])[] = [
  ['a BigInt', 1n],
  ['a Symbol', Symbol('s')],
  ['an object without a prototype', bare],
  ['an object that turns into another', { [Symbol.toPrimitive]: () => ({}) }],
]

const calls: readonly (readonly [name: string, call: (value: unknown) => unknown])[] = [
  ['zeros([value])', (value) => zeros([wrong(value)])],
  ['zeros(value)', (value) => zeros(wrong(value))],
  ['zeros([2], value.dtype)', (value) => zeros([2], { dtype: wrong(value) })],
  ['zerosLike(value)', (value) => gradlane.zerosLike(wrong(value))],
  ['tensor([value])', (value) => tensor([wrong(value)])],
  ['reshape([value])', (value) => ones([2]).reshape([wrong(value)])],
  ['narrow(0, value, 1)', (value) => ones([2]).narrow(0, wrong(value), 1)],
  ['to(value)', (value) => ones([2]).to(wrong(value))],
  ['softmax(x, value)', (value) => gradlane.softmax(ones([2]), wrong(value))],
  ['rand, generator', (value) => gradlane.rand([2], { generator: wrong(value) })],
  ['manualSeed(value)', (value) => gradlane.manualSeed(wrong(value))],
  ['new Linear(value, 2)', (value) => new nn.Linear(wrong(value), 2)],
  ['new Linear, generator', (value) => new nn.Linear(2, 2, { generator: wrong(value) })],
  ['new Conv2d, kernel', (value) => new nn.Conv2d(1, 1, wrong(value))],
  ['new Dropout(value)', (value) => new nn.Dropout(wrong(value))],
  ['new BatchNorm1d, eps', (value) => new nn.BatchNorm1d(2, { eps: wrong(value) })],
  ['new Softmax(value)', (value) => new nn.Softmax(wrong(value))],
  ['new ZeroPad2d(value)', (value) => new nn.ZeroPad2d(wrong(value))],
  ['new HuberLoss, delta', (value) => new nn.HuberLoss({ delta: wrong(value) })],
  ['init.normal_, std', (value) => nn.init.normal_(ones([2]), 0, wrong(value))],
  ['new SGD, lr', (value) => new optim.SGD([new nn.Parameter(ones([2]))], { lr: wrong(value) })],
  [
    'new DataLoader, size',
    (value) => new data.DataLoader([ones([2])], { batchSize: wrong(value) }),
  ],
  ['loadStateDict(value)', (value) => new nn.Linear(2, 2).loadStateDict({ weight: wrong(value) })],
  [
    'setNumThreads(value)',
    (value) => {
      gradlane.setNumThreads(wrong(value))
    },
  ],
]

describe('misuse: odd values', () => {
  eachBackend(() => {
    for (const [name, call] of calls) {
      it(name, () => {
        for (const [what, value] of odd) {
          expect(() => call(value), what).to.throw(GradlaneError)
        }
      })
    }

    it('options that are no object', () => {
      for (const options of [1, 'mean', Symbol('s'), [1], () => 1]) {
        expect(() => zeros([1], wrong(options))).to.throw(GradlaneError, /the options.*an object/)
        expect(() => new nn.MSELoss(wrong(options))).to.throw(GradlaneError, /the options/)
        expect(() => new nn.Linear(1, 1, wrong(options))).to.throw(GradlaneError, /the options/)
      }
      expect(zeros([1], wrong(null)).toArray()).to.deep.equal([0])
    })

    it('a generator that is none, before anything is drawn', () => {
      const x = ones([2, 2])
      const calls = [
        () => gradlane.randn([2], { generator: wrong({}) }),
        () => gradlane.randperm(2, { generator: wrong(42) }),
        () => nn.init.kaimingUniform_(x, { generator: wrong({}) }),
        () => new nn.Dropout(0.5, { generator: wrong({}) }),
        () => new data.DataLoader([x], { generator: wrong(42), shuffle: true }),
        () => {
          new nn.Linear(2, 2).resetParameters(wrong({}))
        },
      ]
      for (const call of calls)
        expect(call).to.throw(GradlaneError, /generator.*new Generator\(42\)/)
      expect(x.toArray()).to.deep.equal([
        [1, 1],
        [1, 1],
      ])
      expect(new Generator(1).getState().shape).to.deep.equal([4])
    })

    it('a container in itself, and an array in itself', () => {
      const model = new nn.Sequential(new nn.Linear(2, 2))
      expect(() => model.append(model)).to.throw(GradlaneError, /the container itself/)
      const outer = new nn.Sequential(model)
      expect(() => model.append(outer)).to.throw(GradlaneError, /one that holds the container/)
      expect(model.length).to.equal(1)
      const list: unknown[] = []
      list.push(list)
      expect(() => tensor(wrong(list))).to.throw(GradlaneError, /contain itself/)
    })

    it('an index that is no tensor leaves the memory of later batches alone', () => {
      const dataset = new data.TensorDataset([ones([4, 3])])
      for (const index of [Infinity, undefined, [0], ones([1])]) {
        expect(() => dataset.gather(wrong(index))).to.throw(GradlaneError, /the index/)
      }
      const index = tensor([0, 3], { dtype: 'int32' })
      expect(dataset.gather(index)[0].shape).to.deep.equal([2, 3])
    })

    it('what messages cannot show', () => {
      expect(gradlane).to.not.have.property('complaint')
      expect(() => zeros(wrong(trapped))).to.throw()
      const silent = { toString: () => bare }
      expect(() => zeros(wrong(silent))).to.throw(GradlaneError, /cannot be shown/)
      const long = 'x'.repeat(10_000)
      expect(() => {
        gradlane.setBackend(wrong({ toString: () => long }))
      }).to.throw(GradlaneError)
      const message = complaint('who', 'what', 'it', [1n, Symbol('s'), bare, -0, 'a'])
      expect(message).to.equal(
        "who: expected what to be it, got [1n, Symbol(s), an object, -0, 'a']",
      )
    })

    it('a shape is read once', () => {
      let reads = 0
      const shape = [2, 3]
      Object.defineProperty(shape, 0, { get: () => (reads++ === 0 ? 2 : 2 ** 30) })
      const x = zeros(shape)
      expect([x.shape, x.length]).to.deep.equal([[2, 3], 6])
    })
  })
})
