import { expect } from 'chai'

import type { TypedArray } from '../../ts/kernels/dtype.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { arrayOf, bell, bigSize, floatDTypes, smallSizes, whole } from '../support/samples.js'
import { roundings } from '../support/tolerance.js'

/** (n, inner) */
const shapes: readonly (readonly [number, number])[] = [
  ...smallSizes.map((n) => [n, 1] as const),
  [bigSize, 1],
  [3, 0],
  [1, 2],
  [2, 3],
  [7, 16],
  [5, 33],
  [64, 25],
  [300, 257],
  [3, 40_011],
]

describe(suiteTitle('dropout'), () => {
  for (const dtype of floatDTypes) {
    // scale is rounded to the dtype, and so is the product
    const bound = (_: number, expected: number): number => roundings(dtype, 2, Math.abs(expected))

    it(`${dtype}: shapes and probabilities`, () => {
      for (const [n, inner] of shapes) {
        for (const p of n > 1000 ? [0.3] : [0.5, 0.1, 0, 1, 1 / 3]) {
          check({
            title: `dropout (${n}, ${inner}), p ${p}`,
            dtype,
            operands: {
              state: Int32Array.of(-5, 77, -2, 0),
              x: bell(dtype, n * inner, 1),
              mask: whole('uint8', n, 2, 0, 9),
              out: bell(dtype, n * inner, 3),
            },
            bounds: { state: 'exact', mask: 'exact', out: bound },
            inPlace: [['out', 'x']],
            run: (kernels, v) => {
              kernels.dropout({
                state: v.state,
                x: v.x,
                mask: v.mask,
                out: v.out,
                n,
                inner,
                p,
                scale: p < 1 ? 1 / (1 - p) : 0,
              })
            },
          })
        }
        check({
          title: `gradient of dropout (${n}, ${inner})`,
          dtype,
          operands: {
            mask: whole('uint8', n, 1, 0, 2),
            gradOut: bell(dtype, n * inner, 2),
            gradX: bell(dtype, n * inner, 3),
          },
          bounds: { gradX: bound },
          inPlace: [['gradX', 'gradOut']],
          run: (kernels, v) => {
            kernels.dropoutGradient({
              mask: v.mask,
              gradOut: v.gradOut,
              gradX: v.gradX,
              n,
              inner,
              scale: 1 / 0.7,
            })
          },
        })
      }
    })

    it(`${dtype}: the mask is the one of bernoulli with 1 - p, from the same state`, () => {
      for (const kernels of backends) {
        const [n, p] = [1000, 0.25]
        const x = arrayOf(dtype, new Float64Array(n).fill(3))
        const [out, zeros] = [x.slice(), x.slice()] as [TypedArray, TypedArray]
        const mask = new Uint8Array(n)
        const states = [Int32Array.of(1, 2, 3, 0), Int32Array.of(1, 2, 3, 0)] as const
        kernels.dropout({
          state: asView(states[0]),
          x: asView(x),
          mask: asView(mask),
          out: asView(out),
          n,
          inner: 1,
          p,
          scale: 2,
        })
        kernels.bernoulli({ state: asView(states[1]), y: asView(zeros), n, p, value: 1 })
        expect(Array.from(mask)).to.deep.equal(Array.from(zeros, (zero) => 1 - zero))
        expect(Array.from(out)).to.deep.equal(Array.from(mask, (keep) => 6 * keep))
        expect(states[0]).to.deep.equal(states[1])
      }
    })

    it(`${dtype}: what is dropped is 0, even of infinities and NaN`, () => {
      for (const kernels of backends) {
        const [n, inner] = [2, 19]
        const x = arrayOf(dtype, new Float64Array(n * inner).fill(NaN))
        x.fill(Infinity, 5, 30)
        const [out, mask] = [x.slice(), Uint8Array.of(0, 1)]
        kernels.dropoutGradient({
          mask: asView(mask),
          gradOut: asView(x),
          gradX: asView(out),
          n,
          inner,
          scale: 2,
        })
        expect(Array.from(out)).to.deep.equal([
          ...new Array<number>(inner).fill(0),
          ...Array.from(x).slice(inner),
        ])
        const single = new Uint8Array(n * inner)
        kernels.dropoutGradient({
          mask: asView(single),
          gradOut: asView(x),
          gradX: asView(out),
          n: n * inner,
          inner: 1,
          scale: 2,
        })
        expect(Array.from(out)).to.deep.equal(new Array<number>(n * inner).fill(0))
      }
    })
  }

  it('the stream goes on from call to call', () => {
    for (const kernels of backends) {
      const state = Int32Array.of(9, 0, 0, 0)
      const x = new Float32Array(64).fill(1)
      const masks = [0, 1].map(() => {
        const mask = new Uint8Array(64)
        kernels.dropout({
          state: asView(state),
          x: asView(x),
          mask: asView(mask),
          out: asView(x.slice()),
          n: 64,
          inner: 1,
          p: 0.5,
          scale: 2,
        })
        return mask
      })
      expect(Array.from(state)).to.deep.equal([9, 0, 32, 0])
      expect(masks[0]).not.to.deep.equal(masks[1])
    }
  })
})
