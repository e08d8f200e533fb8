import { Broadcast, CompareKind } from '../../ts/kernels/kernels.js'
import type { DType } from '../../ts/kernels/dtype.js'
import { suiteTitle } from '../support/backends.js'
import { check } from '../support/op-case.js'
import { arrayOf, floatDTypes, smallSizes, specials, whole } from '../support/samples.js'

const dtypes = [...floatDTypes, 'int32', 'uint8'] as const satisfies readonly DType[]

const shapes = [
  [0, 5],
  [5, 0],
  [1, 1],
  [7, 9],
  [17, 31],
  [3, 1300],
] as const

/** For several tasks of the thread pool, which all kinds share. */
const bigShapes = [
  [1, 33_001],
  [17_003, 2],
] as const

const out = (n: number) => whole('uint8', n, 3, 2, 9)

describe(suiteTitle('masks'), () => {
  for (const dtype of dtypes) {
    for (const [name, kind] of Object.entries(CompareKind)) {
      it(`${name} ${dtype}`, () => {
        const big = kind === CompareKind.gt && (dtype === 'float32' || dtype === 'uint8')
        for (const [how, broadcast] of Object.entries(Broadcast)) {
          for (const [rows, cols] of big ? [...shapes, ...bigShapes] : shapes) {
            const length = { none: rows * cols, row: cols, column: rows, scalar: 1 }[how]!
            check({
              title: `${name} (${rows}, ${cols}), b by ${how}`,
              dtype: 'float64',
              operands: {
                a: whole(dtype, rows * cols, 1, 0, 3),
                b: whole(dtype, length, 2, 0, 3),
                out: out(rows * cols),
              },
              bounds: { out: 'exact' },
              ownDType: true,
              run: (kernels, { a, b, out }) => {
                kernels.compare({ kind, broadcast, a, b, out, rows, cols })
              },
            })
          }
        }
      })
    }

    it(`where ${dtype}`, () => {
      for (const n of [...smallSizes, 1300, 33_001]) {
        for (const [aSingle, bSingle] of [
          [false, false],
          [true, false],
          [false, true],
          [true, true],
        ] as const) {
          check({
            title: `n ${n}, ${aSingle ? 'one a' : ''} ${bSingle ? 'one b' : ''}`,
            dtype: 'float64',
            operands: {
              mask: whole('uint8', n, n, -1, 3),
              a: whole(dtype, aSingle ? 1 : n, 1, 0, 99),
              b: whole(dtype, bSingle ? 1 : n, 2, 0, 99),
              out: whole(dtype, n, 3, 0, 99),
            },
            bounds: { out: 'exact' },
            ownDType: true,
            inPlace: [
              ...(aSingle ? [] : ([['out', 'a']] as const)),
              ...(bSingle ? [] : ([['out', 'b']] as const)),
            ],
            run: (kernels, { mask, a, b, out }) => {
              kernels.where({ mask, a, b, out, n, aSingle, bSingle })
            },
          })
        }
      }
    })
  }

  for (const dtype of floatDTypes) {
    it(`comparisons of special values, ${dtype}`, () => {
      const values = Array.from(specials(dtype))
      const a = arrayOf(
        dtype,
        values.flatMap((value) => values.map(() => value)),
      )
      const b = arrayOf(
        dtype,
        values.flatMap(() => values),
      )
      for (const [name, kind] of Object.entries(CompareKind)) {
        check({
          title: name,
          dtype,
          operands: { a, b, out: out(a.length) },
          bounds: { out: 'exact' },
          run: (kernels, v) => {
            const shape = { rows: 1, cols: a.length }
            kernels.compare({
              kind,
              broadcast: Broadcast.none,
              a: v.a,
              b: v.b,
              out: v.out,
              ...shape,
            })
          },
        })
      }
    })
  }
})
