import { expect } from 'chai'

import { backends, suiteTitle } from '../support/backends.js'
import { asView, check } from '../support/op-case.js'
import { bell, floatDTypes, whole } from '../support/samples.js'
import { sumBound } from '../support/tolerance.js'

const shapes = [
  [0, 3, 4],
  [1, 1, 1],
  [5, 0, 3],
  [9, 3, 2],
  [40, 17, 5],
  [7, 65, 1],
  [3000, 8, 10],
  // several tasks
  [500, 33, 5003],
  [3, 1, 200_003],
] as const

describe(suiteTitle('embedding'), () => {
  for (const dtype of floatDTypes) {
    it(`gradient ${dtype}`, () => {
      for (const [rows, cols, count] of shapes) {
        const gradOut = bell(dtype, rows * cols, 1)
        const index = whole('int32', rows, 2, 0, count)
        const gradWeight = bell(dtype, count * cols, 3)
        for (const paddingIndex of [-1, index[0] ?? 0]) {
          for (const beta of [0, 1, 0.3]) {
            const terms = new Map<number, number>()
            const magnitude = new Float64Array(count * cols)
            for (let i = 0; i < magnitude.length; i++) {
              magnitude[i] = Math.abs(beta * gradWeight[i]!)
            }
            for (let r = 0; r < rows; r++) {
              const row = index[r]!
              terms.set(row, (terms.get(row) ?? 0) + 1)
              for (let c = 0; c < cols; c++) {
                magnitude[row * cols + c]! += Math.abs(gradOut[r * cols + c]!)
              }
            }
            check({
              title: `${rows} rows of ${cols} among ${count}, padding ${paddingIndex}, beta ${beta}`,
              dtype,
              operands: { gradOut, index, gradWeight },
              bounds: {
                // the additions; beta is cast and multiplied
                gradWeight: (i) => {
                  const added = terms.get(Math.floor(i / cols)) ?? 0
                  return sumBound(dtype, added, magnitude[i]!, beta === 0 || beta === 1 ? 0 : 2)
                },
              },
              run: (kernels, v) => {
                kernels.embeddingGradient(
                  { gradOut: v.gradOut, index: v.index, gradWeight: v.gradWeight, rows, cols, count, paddingIndex, beta, }
                ) // prettier-ignore
              },
            })
          }
        }
      }
    })
  }

  it('an index outside the table is refused before anything is written', () => {
    for (const kernels of backends) {
      for (const bad of [-1, 4, 2 ** 31 - 1]) {
        const grad = new Float32Array(8).fill(9)
        const index = asView(Int32Array.of(0, 1, bad))
        const gradOut = asView(bell('float32', 6, 1))
        expect(() => {
          kernels.embeddingGradient({
            gradOut,
            index,
            gradWeight: asView(grad),
            rows: 3,
            cols: 2,
            count: 4,
            paddingIndex: -1,
            beta: 0,
          })
        }, kernels.name)
          .to.throw(`index ${bad} at row 2 is outside [0, 4)`)
          .with.property('code', 'ERR_VALUE')
        expect(grad.every((g) => g === 9)).to.equal(true)
      }
    }
  })
})
