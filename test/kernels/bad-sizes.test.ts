/**
 * Sizes, offsets and places that no tensor has, straight to the addon: whatever JavaScript passes must
 * end in an error, never in memory that is not the operand's.
 */
import { expect } from 'chai'

import { ValueError } from '../../ts/errors.js'
import { AdamHyper, SgdHyper } from '../../ts/kernels/kernels.js'
import { addon } from '../../ts/kernels/native/load.js'
import { needsNative } from '../support/backends.js'

// The largest double below 2^63, a third of 2^64 (three times it wraps round to 0), and their like.
const absurd = [
  NaN,
  Infinity,
  -Infinity,
  -1,
  2 ** 53 + 2,
  2 ** 63 - 1024,
  2 ** 63,
  2 ** 64 / 3,
  1e300,
]

const floats = (...values: number[]) => new Float32Array(values).buffer
const hyper = (length: number) => new Float64Array(length).fill(0.5).buffer

describe('sizes that cannot be', function () {
  before(function () {
    needsNative(this)
  })

  for (const value of absurd) {
    it(`${value} as place or length of an optimizer's state`, () => {
      const parameter = floats(1, 2)
      const gradient = floats(1, 1)
      const steps = new Float64Array([0]).buffer
      const state = floats(0, 0, 0, 0, 0, 0)
      const slot = (n: number, index: number, at: number) =>
        [parameter, 0, gradient, 0, n, index, at] as const
      const adam =
        (stateLength: number, ...places: [number, number, number]) =>
        () => {
          const options = hyper(AdamHyper.length)
          addon().adamStep(0, options, 0, steps, 0, state, 0, stateLength, ...slot(...places))
        }
      const sgd =
        (...places: [number, number, number]) =>
        () => {
          addon().sgdStep(0, hyper(SgdHyper.length), 0, steps, 0, state, 0, ...slot(...places))
        }
      for (const call of [
        adam(value, 2, 0, 0),
        adam(2, value, 0, 0),
        adam(2, 2, value, 0),
        adam(2, 2, 0, value),
        sgd(value, 0, 0),
        sgd(2, value, 0),
        sgd(2, 0, value),
      ]) {
        expect(call).to.throw(ValueError)
      }
      expect(Array.from(new Float32Array(parameter))).to.deep.equal([1, 2])
      expect(Array.from(new Float32Array(state))).to.deep.equal([0, 0, 0, 0, 0, 0])
      expect(new Float64Array(steps)[0]).to.equal(0)
    })

    it(`${value} as offset or size`, () => {
      const x = floats(1, 2, 3, 4)
      const y = floats(0, 0, 0, 0)
      const { copy, matmul, reduce, softmax, transpose } = addon()
      const calls: [(...args: never[]) => void, unknown[]][] = [
        [copy, [0, x, value, y, 0, 1]],
        [copy, [0, x, 0, y, value, 1]],
        [copy, [0, x, 0, y, 0, value]],
        [transpose, [0, x, 0, y, 0, value, 2]],
        [softmax, [0, x, 0, y, 0, 2, value, 1, false]],
        [reduce, [0, 0, x, 0, y, 0, value, 2, 1, 0]],
        [matmul, [0, x, 0, x, 0, y, 0, 2, value, 2, false, false, 1, 0, null, 0, 0, 0]],
      ]
      for (const [call, args] of calls) {
        expect(() => {
          call(...(args as never[]))
        })
          .to.throw(Error)
          .with.property('code')
          .that.is.oneOf(['ERR_VALUE', 'ERR_SHAPE'])
      }
      expect(Array.from(new Float32Array(y))).to.deep.equal([0, 0, 0, 0])
    })
  }
})
