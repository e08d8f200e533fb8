import { expect } from 'chai'

import { nn, ones, type Tensor, tensor } from '../../ts/index.js'
import { eachBackend } from '../support/each-backend.js'
import { floatDTypes } from '../support/samples.js'

/** Enough elements for whole vectors and for what is left over of one. */
const SAMPLES = 37

describe('criteria of infinite logits', () => {
  eachBackend(() => {
    for (const dtype of floatDTypes) {
      const all = (value: number): Tensor => tensor(new Array(SAMPLES).fill(value), { dtype })
      const losses = (criterion: nn.Criterion, x: Tensor, y: Tensor): number[] => [
        ...new Set(criterion.forward(x, y).data),
      ]

      it(`BCEWithLogitsLoss is its limit, ${dtype}`, () => {
        const plain = new nn.BCEWithLogitsLoss({ reduction: 'none' })
        for (const [logit, target, wanted] of [
          [Infinity, 1, 0],
          [-Infinity, 0, 0],
          [Infinity, 0, Infinity],
          [-Infinity, 1, Infinity],
          [Infinity, 0.5, Infinity],
          [NaN, 1, NaN],
        ] as const) {
          expect(losses(plain, all(logit), all(target))).to.deep.equal([wanted])
        }
        const nothing = { weight: all(0), reduction: 'none' } as const
        const unweighted = new nn.BCEWithLogitsLoss(nothing)
        expect(losses(unweighted, all(Infinity), all(0))).to.deep.equal([0])
        const posWeight = all(0)
        const negatives = new nn.BCEWithLogitsLoss({ posWeight, reduction: 'none' })
        expect(losses(negatives, all(-Infinity), all(1))).to.deep.equal([0])
      })

      for (const classes of [5, 37]) {
        it(`CrossEntropyLoss of ${classes} classes lets masked ones cost nothing, ${dtype}`, () => {
          const logits = ones([2, classes], { dtype })
          const target = tensor(
            [0, 1].map(() => Array.from({ length: classes }, (_, c) => (c === 1 ? 1 : 0))),
            { dtype },
          )
          logits.data.fill(-Infinity, 2, classes)
          logits.data.fill(-Infinity, classes + 2)
          const criterion = new nn.CrossEntropyLoss()
          // of two classes that are alike
          const close = dtype === 'float32' ? 2 ** -22 : 2 ** -51
          expect(criterion.forward(logits, target).item()).to.be.closeTo(Math.LN2, close)
          const gradient = criterion.backward(logits, target)
          const [left, right, ...masked] = gradient.data.subarray(0, classes)
          expect([left, right]).to.deep.equal([0.25, -0.25])
          expect(masked.every((value) => value === 0)).to.equal(true)
        })
      }
    }
  })
})
