import { expect } from 'chai'

import { stridedGeometryOf } from '../../ts/kernels/strided.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { arrayOf, whole } from '../support/samples.js'

const dtypes = ['float32', 'float64', 'int32', 'uint8'] as const

interface Case {
  readonly sizes: readonly number[]
  readonly x: readonly number[]
  readonly out: readonly number[]
  readonly xOffset?: number
  readonly outOffset?: number
}

/** All sizes and strides the outermost first, as one writes them. */
const geometryOf = ({ sizes, x, out, xOffset = 0, outOffset = 0 }: Case) =>
  stridedGeometryOf(sizes.toReversed(), x.toReversed(), out.toReversed(), xOffset, outOffset)

/** Elements from the first place to the last. */
const extent = (sizes: readonly number[], strides: readonly number[], offset: number): number =>
  sizes.includes(0)
    ? 0
    : sizes.reduce((last, size, i) => last + (size - 1) * Math.max(0, strides[i]!), offset) + 1

const turned = (rows: number, cols: number): Case => ({
  sizes: [cols, rows],
  x: [1, cols],
  out: [rows, 1],
})

const cases: Case[] = [
  { sizes: [], x: [], out: [] },
  { sizes: [0, 3], x: [3, 1], out: [3, 1] },
  { sizes: [4, 0], x: [0, 1], out: [9, 1] },
  // blocks
  { sizes: [5, 1], x: [3, 1], out: [2, 1], xOffset: 2, outOffset: 1 },
  { sizes: [7, 3], x: [3, 1], out: [8, 1], outOffset: 2 },
  { sizes: [31, 7], x: [7, 1], out: [29, 1], outOffset: 5 },
  { sizes: [2, 40_000], x: [40_011, 1], out: [40_000, 1], xOffset: 7, outOffset: 3 },
  { sizes: [70_001], x: [1], out: [1], xOffset: 1, outOffset: 2 },
  { sizes: [33_000, 2], x: [3, 1], out: [4, 1], outOffset: 1 },
  // matrices transposed
  ...[0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65, 127].flatMap((rows, i, all) => [
    turned(rows, all[(i * 7 + 3) % all.length]!),
    turned(rows, rows),
  ]),
  turned(1, 5000),
  turned(3, 4001),
  turned(1009, 5),
  turned(401, 257),
  // many of them, and one with a step and backwards
  { sizes: [9, 5, 67], x: [335, 1, 5], out: [335, 67, 1] },
  { sizes: [300, 4, 4], x: [16, 1, 4], out: [16, 4, 1] },
  { sizes: [33, 70], x: [1, -80], out: [71, 1], xOffset: 69 * 80 },
  { sizes: [2, 3, 4, 5, 2], x: [120, 1, 6, 24, 3], out: [120, 40, 10, 2, 1] },
  // repeated, reversed, with a step
  { sizes: [3, 5, 4], x: [4, 0, 1], out: [20, 4, 1] },
  { sizes: [5, 40_000], x: [1, 0], out: [40_000, 1] },
  { sizes: [6, 7], x: [-7, -1], out: [7, 1], xOffset: 41 },
  { sizes: [70_000], x: [-1], out: [1], xOffset: 69_999 },
  { sizes: [11, 9], x: [20, 2], out: [9, 1], xOffset: 1 },
  { sizes: [9], x: [1], out: [3], outOffset: 2 },
  { sizes: [4], x: [0], out: [6] },
  { sizes: [2, 2, 2, 2, 2, 2], x: [1, 2, 4, 8, 16, 32], out: [64, 31, 15, 7, 3, 1] },
]

describe(suiteTitle('strided'), () => {
  for (const dtype of dtypes) {
    it(`copyStrided ${dtype}`, () => {
      for (const one of cases) {
        const { sizes, x, out, xOffset = 0, outOffset = 0 } = one
        // Of every dtype the same bytes: a copy knows nothing of numbers.
        const values = (n: number, seed: number) => arrayOf(dtype, whole('uint8', n, seed, 0, 256))
        check({
          title: JSON.stringify(one),
          dtype: 'float32',
          operands: {
            x: values(extent(sizes, x, xOffset), 1),
            out: values(extent(sizes, out, outOffset) + (sizes.includes(0) ? 0 : 2), 2),
          },
          bounds: { out: 'exact' },
          run: (kernels, v) => {
            kernels.copyStrided({ x: v.x, out: v.out, geometry: geometryOf(one) })
          },
        })
      }
    })
  }

  it('copyStrided refuses places that overlap, or before the operand, and writes nothing', () => {
    const refused: [Case, string, RegExp][] = [
      [{ sizes: [2, 3], x: [3, 1], out: [2, 1] }, 'ERR_SHAPE', /strides of out that step over/],
      [{ sizes: [2, 3], x: [3, 1], out: [3, 0] }, 'ERR_SHAPE', /strides of out that step over/],
      [{ sizes: [2, 3], x: [3, 1], out: [-3, 1] }, 'ERR_SHAPE', /strides of out that step over/],
      [{ sizes: [2], x: [1], out: [1], outOffset: -1 }, 'ERR_SHAPE', /strides of out that/],
      [{ sizes: [2], x: [1], out: [1], xOffset: -1 }, 'ERR_SHAPE', /no place of x before/],
      [{ sizes: [3], x: [-2], out: [1], xOffset: 3 }, 'ERR_SHAPE', /no place of x before/],
      [{ sizes: [-2], x: [1], out: [1] }, 'ERR_SHAPE', /./],
      [{ sizes: [2 ** 16, 2 ** 16], x: [0, 0], out: [2 ** 16, 1] }, 'ERR_SHAPE', /./],
      [{ sizes: [2, 5], x: [5, 1], out: [5, 1] }, 'ERR_VALUE', /x needs 10/],
      [{ sizes: [2, 3], x: [3, 1], out: [7, 1] }, 'ERR_VALUE', /out needs 10/],
    ]
    for (const kernels of backends) {
      for (const [one, code, message] of refused) {
        const x = arrayOf('float32', Array<number>(9).fill(1))
        const out = arrayOf('float32', Array<number>(9).fill(5))
        const call = (): void => {
          kernels.copyStrided({ x: asView(x), out: asView(out), geometry: geometryOf(one) })
        }
        expect(call, `${kernels.name} ${JSON.stringify(one)}`)
          .to.throw(message)
          .with.property('code', code)
        expect(out.every((y) => y === 5)).to.equal(true)
      }
    }
  })
})
