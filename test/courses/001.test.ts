import { expect } from 'chai'

import {
  learn,
  type OptimizerName,
  samples,
} from '../../examples/courses/001-optimizers/regression.js'
import { roots } from '../../examples/courses/001-optimizers/roots.js'
import { Generator, getBackend } from '../../ts/index.js'

/** What a network makes of 1, 2, -1 and -2. */
type Predictions = readonly number[]

/** Rises from 1 to 2 and from -1 to -2, from 1 to 4 where all is learnt; the noise is not in them. */
const rises = ([one, two, minusOne, minusTwo]: Predictions): number[] => [
  two! - one!,
  minusTwo! - minusOne!,
]
const mean = (predictions: Predictions): number => predictions.reduce((sum, p) => sum + p / 4, 0)
const spread = (predictions: Predictions): number =>
  Math.max(...predictions) - Math.min(...predictions)

const EPOCHS = 20

/**
 * Seeds and noise of the document are unknown, so its courses can only be met in range. The ranges are
 * those of the seeds 1 to 10, rounded outwards, and hold the document's own numbers; rows of kernels
 * and backends differ by less than 0.01 in them. With momentum 0.99 two of the ten seeds (9 and 10)
 * still sit in a worse place at epoch 10; those of this test do not.
 */
describe('course 001: adaptive optimizers', function () {
  this.timeout(60_000)
  // The plain TypeScript takes seconds an epoch: there the beginnings are compared.
  const epochs = getBackend() === 'native' ? EPOCHS : 3
  const whole = epochs === EPOCHS

  for (const seed of [1, 2]) {
    const course = async (name: OptimizerName): Promise<Predictions[]> => {
      const found: Predictions[] = []
      for await (const predictions of learn(name, seed, epochs)) found.push(predictions)
      return found
    }
    const { x, y } = samples(new Generator(seed))
    const noise = y.data[0]! - x.data[0]! ** 2

    it(`SGD with momentum learns the square at once, seed ${seed}`, async () => {
      const found = await course('SGD with momentum')
      // the document: 0.9225 3.8022 0.9177 3.7616 after epoch 2, 0.9302 3.8686 0.9341 3.8774 after 10
      for (const rise of rises(found[2]!)) expect(rise).to.be.within(2.75, 3.05)
      if (!whole) return
      for (const epoch of [10, 19]) {
        for (const rise of rises(found[epoch]!)) expect(rise).to.be.within(2.88, 3.02)
        expect(found[epoch]![0]! - noise).to.be.closeTo(1, 0.06)
        expect(found[epoch]![2]! - noise).to.be.closeTo(1, 0.06)
      }
    })

    it(`Adagrad stays on the plateau, seed ${seed}`, async () => {
      // the document: 1.2943 1.3154 1.2520 1.2309 after epoch 4, 1.2883 1.3075 1.2499 1.2306 after 10
      for (const predictions of (await course('Adagrad')).slice(1)) {
        expect(mean(predictions) - noise).to.be.within(1.22, 1.42)
        const [right, left] = rises(predictions)
        expect(right).to.be.within(0.01, 0.04)
        expect(left).to.be.within(-0.04, -0.01)
      }
    })

    for (const [name, first, last] of [
      // the document: 1.1692 1.1534 1.2552 1.3177 after epoch 6, 1.0605 1.2587 1.3149 1.7102 after 8
      ['RMSprop', 5, 10],
      // the document: 1.2712 1.3424 1.1875 1.1898 after epoch 6, 1.3336 1.7530 1.1644 1.4988 after 8
      ['Adam', 5, 9],
    ] as const) {
      it(`${name} leaves the plateau after some epochs, seed ${seed}`, async () => {
        const found = await course(name)
        expect(mean(found[2]!) - noise).to.be.within(0.9, 1.65)
        expect(spread(found[2]!)).to.be.below(0.25)
        if (!whole) return
        expect(found.findIndex((predictions) => spread(predictions) > 0.25)).to.be.within(
          first,
          last,
        )
        for (const rise of rises(found[19]!)) expect(rise).to.be.within(2.4, 2.9)
        expect(mean(found[19]!) - noise).to.be.within(2.3, 2.5)
      })
    }
  }

  it('finds the roots of x² - 6x + 4 after 47 steps', () => {
    const [left, right] = roots(1, -6, 4)
    expect([left!.steps, right!.steps]).to.deep.equal([47, 47])
    // The document multiplies f² out: terms up to 1,000 with some 4 roundings, times lr 40 u; ours has
    // terms up to 36 that are multiplied by 2 f' lr = 0.09, 13 u; x itself rounds by 5 u. A step leaves
    // 1 - lr 2 f'² = 0.6 of an error, so 1 / (1 - 0.6) of these remain: 145 u.
    const allowed = 145 * 2 ** -53
    expect(left!.x).to.be.closeTo(0.7641048017066163, allowed)
    expect(right!.x).to.be.closeTo(5.235895198293384, allowed)
    expect(left!.converged && right!.converged).to.equal(true)
    expect(left!.history).to.have.length(48)
    expect(left!.history[0]!.x).to.equal(2.99)
    expect(left!.history.at(-1)).to.deep.equal({ x: left!.x, value: left!.value })
  })
})
