import { expect } from 'chai'

import type { Kernels } from '../../ts/kernels/kernels.js'
import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { arrayOf, bell, floatDTypes, specials, whole } from '../support/samples.js'

/** (outer, n, inner, k) */
const shapes = [
  [0, 3, 2, 1], [2, 0, 3, 0], [1, 1, 1, 1], [2, 5, 3, 5], [3, 17, 1, 4], [4, 6, 7, 6], [1, 3, 1, 0], [70, 300, 1, 300],
  [5, 40, 60, 11], [1, 20_000, 1, 20_000], [1, 20_000, 1, 7],
] as const // prettier-ignore

function checkSort(
  title: string,
  x: ReturnType<typeof arrayOf>,
  [outer, n, inner, k]: readonly [number, number, number, number],
): void {
  for (const descending of [false, true]) {
    check({
      title: `${title}, ${k} of (${outer}, ${n}, ${inner}), ${descending ? 'descending' : 'ascending'}`,
      dtype: 'float32',
      operands: {
        x,
        values: sized(x, outer * k * inner),
        indices: whole('int32', outer * k * inner, 3, 0, 9),
      },
      bounds: { values: 'exact', indices: 'exact' },
      run: (kernels, v) => {
        const { x: from, values, indices } = v
        kernels.sort({ x: from, values, indices, outer, n, inner, k, descending })
      },
    })
  }
}

/** An array of the same kind. */
function sized(like: ReturnType<typeof arrayOf>, n: number): ReturnType<typeof arrayOf> {
  const Kind = like.constructor as new (n: number) => ReturnType<typeof arrayOf>
  return new Kind(n)
}

function sorted(kernels: Kernels, x: readonly number[], descending: boolean): [number[], number[]] {
  const [values, indices] = [new Float32Array(x.length), new Int32Array(x.length)]
  const [from, out, places] = [asView(Float32Array.from(x)), asView(values), asView(indices)]
  const sizes = { outer: 1, n: x.length, inner: 1, k: x.length, descending }
  kernels.sort({ x: from, values: out, indices: places, ...sizes })
  return [Array.from(values), Array.from(indices)]
}

describe(suiteTitle('sort'), () => {
  for (const dtype of [...floatDTypes, 'int32', 'uint8'] as const) {
    it(`${dtype}, with many of a kind and few`, () => {
      for (const shape of shapes) {
        const [outer, n, inner] = shape
        const count = outer * n * inner
        checkSort('few kinds', arrayOf(dtype, whole('uint8', count, 1, 0, 5)), shape)
        const wide = dtype === 'uint8' ? ([0, 256] as const) : ([-(2 ** 31), 2 ** 31] as const)
        const many =
          dtype === 'int32' || dtype === 'uint8'
            ? whole(dtype, count, 2, wide[0], wide[1])
            : bell(dtype, count, 2)
        checkSort('many kinds', many, shape)
      }
    })
  }

  for (const dtype of floatDTypes) {
    it(`${dtype}: special values`, () => {
      const x = specials(dtype)
      checkSort('specials', x, [1, x.length, 1, x.length])
      checkSort('specials', x, [1, x.length, 1, 3])
    })
  }

  it('NaN is the largest, zeros are equal, and equal ones keep their order', () => {
    for (const kernels of backends) {
      const x = [2, NaN, -0, 0, -Infinity, NaN, 2, -0, Infinity]
      expect(sorted(kernels, x, false), kernels.name).to.deep.equal([
        [-Infinity, -0, 0, -0, 2, 2, Infinity, NaN, NaN],
        [4, 2, 3, 7, 0, 6, 8, 1, 5],
      ])
      expect(sorted(kernels, x, true), kernels.name).to.deep.equal([
        [NaN, NaN, Infinity, 2, 2, -0, 0, -0, -Infinity],
        [1, 5, 8, 0, 6, 2, 3, 7, 4],
      ])
    }
  })

  it('refuses more than there are', () => {
    for (const kernels of backends) {
      const [x, values] = [asView(new Float32Array(4)), asView(new Float32Array(4))]
      const indices = asView(new Int32Array(4))
      for (const k of [-1, 4]) {
        expect(() => {
          kernels.sort({ x, values, indices, outer: 1, n: 3, inner: 1, k, descending: false })
        }, kernels.name)
          .to.throw(`expected k from 0 to 3, got ${k}`)
          .with.property('code', 'ERR_SHAPE')
      }
    }
  })
})
