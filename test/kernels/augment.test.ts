import { expect } from 'chai'

import { type AugmentGeometry, type AugmentSettings, erasing } from '../../ts/kernels/augment.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { bell, floatDTypes, whole } from '../support/samples.js'

type Sizes = readonly [
  samples: number,
  channels: number,
  ...sizes: [number, number, number, number],
]

const geometryOf = ([samples, channels, inHeight, inWidth, outHeight, outWidth]: Sizes): AugmentGeometry => ({
  ...{ samples, channels, inHeight, inWidth, outHeight, outWidth },
}) // prettier-ignore

const nothing: AugmentSettings = {
  ...{ padHeight: 0, padWidth: 0, flip: 0, erase: 0, fill: -2, value: 3 },
  ...erasing([0.02, 0.33], [0.3, 3.3]),
}

const cases: readonly (readonly [Sizes, Partial<AugmentSettings>])[] = [
  [[6, 3, 8, 8, 8, 8], { padHeight: 2, padWidth: 2 }],
  [[7, 1, 5, 9, 5, 9], { flip: 0.5 }],
  [[20, 2, 12, 10, 12, 10], { erase: 0.7 }],
  [[30, 2, 13, 11, 9, 14], { padHeight: 4, padWidth: 5, flip: 0.5, erase: 0.5 }],
  [[9, 1, 4, 4, 4, 4], { padHeight: 9, padWidth: 9, erase: 1, ...erasing([1, 1], [0.001, 1000]) }],
  [[1, 1, 1, 1, 1, 1], { flip: 1, erase: 1, ...erasing([0, 0], [0.3, 3.3]) }],
  [[3, 2, 0, 3, 2, 3], { padHeight: 1 }],
  [[0, 3, 4, 4, 4, 4], {}],
  [[3, 0, 4, 4, 4, 4], {}],
  [[2, 3, 5, 5, 0, 5], { flip: 1 }],
  [[40, 3, 33, 31, 33, 31], { padHeight: 3, padWidth: 3, flip: 0.5, erase: 0.3 }],
]

describe(suiteTitle('augment'), () => {
  for (const dtype of floatDTypes) {
    it(`${dtype}: what is drawn and what is moved are the same bits`, () => {
      for (const [sizes, settings] of cases) {
        const [samples, channels, inHeight, inWidth, outHeight, outWidth] = sizes
        const [planes, drawn] = [samples * channels, samples * 7]
        const ins = planes * inHeight * inWidth
        const outs = planes * outHeight * outWidth
        const geometry = geometryOf(sizes)
        check({
          title: `augment (${sizes.join(', ')})`,
          dtype,
          operands: {
            state: Int32Array.of(-5, 77, -2, 0),
            x: bell(dtype, ins, 1),
            drawn: whole('int32', drawn, 2, 0, 9),
            out: bell(dtype, outs, 3),
          },
          bounds: { state: 'exact', drawn: 'exact', out: 'exact' },
          run: (kernels, v) => {
            const all = { ...nothing, ...settings }
            kernels.augment({
              state: v.state,
              x: v.x,
              drawn: v.drawn,
              out: v.out,
              geometry,
              ...all,
            })
          },
        })
        check({
          title: `gradient of augment (${sizes.join(', ')})`,
          dtype,
          operands: {
            drawn: whole('int32', drawn, 4, -3, 4),
            gradOut: bell(dtype, outs, 1),
            gradX: bell(dtype, ins, 2),
          },
          bounds: { gradX: 'exact' },
          run: (kernels, v) => {
            kernels.augmentGradient({
              drawn: v.drawn,
              gradOut: v.gradOut,
              gradX: v.gradX,
              geometry,
            })
          },
        })
      }
    })
  }

  it('the stream goes on from call to call, two blocks a sample', () => {
    for (const kernels of backends) {
      const state = Int32Array.of(9, 0, 0, 0)
      const x = asView(new Float32Array(160))
      const geometry = geometryOf([10, 1, 4, 4, 4, 4])
      const runs = [0, 1].map(() => {
        const drawn = new Int32Array(70)
        const settings = { ...nothing, padHeight: 9, padWidth: 9 }
        const out = asView(new Float32Array(160))
        kernels.augment({
          state: asView(state),
          x,
          drawn: asView(drawn),
          out,
          geometry,
          ...settings,
        })
        return drawn
      })
      expect(Array.from(state)).to.deep.equal([9, 0, 40, 0])
      expect(runs[0]).not.to.deep.equal(runs[1])
    }
  })

  it('sizes and shapes of what is erased are those of the ranges', () => {
    for (const kernels of backends) {
      const [samples, size] = [4000, 100]
      const drawn = new Int32Array(samples * 7)
      // No channels: what is drawn does not depend on what is shown.
      const geometry = geometryOf([samples, 0, size, size, size, size])
      const settings = { ...nothing, erase: 1, ...erasing([0.1, 0.2], [0.5, 2]) }
      const none = asView(new Float32Array(0))
      kernels.augment({
        state: asView(Int32Array.of(1, 2, 3, 4)),
        x: none,
        drawn: asView(drawn),
        out: none,
        geometry,
        ...settings,
      })
      const sums = { area: 0, ratio: 0 }
      for (let n = 0; n < samples; n++) {
        const [top, left, height, width] = drawn.subarray(
          7 * n + 3,
          7 * n + 7,
        ) as unknown as number[]
        const [area, ratio] = [(height! * width!) / size ** 2, Math.log2(height! / width!)]
        // Sides of 22 to 64 pixels, each rounded by half a pixel at most.
        expect(area).to.be.within(0.1 * 0.95, 0.2 * 1.05)
        expect(ratio).to.be.within(-1.07, 1.07)
        expect(top! + height! <= size && left! + width! <= size).to.equal(true)
        sums.area += area
        sums.ratio += ratio
      }
      // Deviations of the means: 0.0289 / 63 and 0.577 / 63; six of them and the rounding.
      expect(sums.area / samples).to.be.closeTo(0.15, 0.004)
      expect(sums.ratio / samples).to.be.closeTo(0, 0.06)
    }
  })
})
